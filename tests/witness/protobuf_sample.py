# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Google's own protobuf library as a witness of the text form and the wire form.

usage: protobuf_sample.py TEXT...

Each TEXT is a file with messages of the type in tests/engine/formats/sample_schema.h, one after the other,
each followed by a line "----". Prints for each message its wire form in hexadecimal digits, or "refused".
Exits with 77 if the library is not there.
"""

import sys

try:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

Field = descriptor_pb2.FieldDescriptorProto
file = descriptor_pb2.FileDescriptorProto(name="sample.proto", syntax="proto2")
mode = file.enum_type.add(name="Mode")
for name, number in (("SUM", 0), ("MAX", 1), ("LEAST", -1)):
    mode.value.add(name=name, number=number)


def add(message, number, name, kind, type_name=None, repeated=False, packed=False):
    field = message.field.add(
        name=name, number=number, type=getattr(Field, "TYPE_" + kind), type_name=type_name,
        label=Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL,
    )
    if packed:
        field.options.packed = True


part = file.message_type.add(name="Part")
add(part, 1, "name", "STRING")
add(part, 2, "part", "MESSAGE", "Part")
add(part, 3, "number", "INT32", repeated=True)
sample = file.message_type.add(name="Sample")
add(sample, 1, "int", "INT64")
add(sample, 2, "uint", "UINT32")
add(sample, 3, "flag", "BOOL")
add(sample, 4, "real", "FLOAT")
add(sample, 5, "wide", "DOUBLE")
add(sample, 6, "text", "STRING")
add(sample, 7, "blob", "BYTES")
add(sample, 8, "mode", "ENUM", "Mode")
add(sample, 9, "part", "MESSAGE", "Part")
add(sample, 10, "parts", "MESSAGE", "Part", repeated=True)
add(sample, 11, "reals", "FLOAT", repeated=True)
add(sample, 12, "run", "FLOAT", repeated=True, packed=True)
add(sample, 13, "dim", "INT64", repeated=True, packed=True)
add(sample, 14, "wides", "DOUBLE", repeated=True, packed=True)
add(sample, 15, "texts", "STRING", repeated=True)
add(sample, 1000, "modes", "ENUM", "Mode", repeated=True)

pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Sample = message_factory.GetMessageClass(pool.FindMessageTypeByName("Sample"))
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as source:
        texts = source.read().split("\n----\n")[:-1]
    for text in texts:
        message = Sample()
        try:
            text_format.Parse(text, message)
            print(message.SerializeToString(deterministic=True).hex())
        except text_format.ParseError:
            print("refused")
