// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A message type with a field of every kind, for the tests of the protobuf readers.
//
//   message Part { optional string name = 1; optional Part part = 2; repeated int32 number = 3; }
//   message Sample {
//     optional int64 int = 1;      optional uint32 uint = 2;    optional bool flag = 3;
//     optional float real = 4;     optional double wide = 5;    optional string text = 6;
//     optional bytes blob = 7;     optional Mode mode = 8;      optional Part part = 9;
//     repeated Part parts = 10;    repeated float reals = 11;   repeated float run = 12 [packed = true];
//     repeated int64 dim = 13 [packed = true];                  repeated double wides = 14 [packed = true];
//     repeated string texts = 15;  repeated Mode modes = 1000;
//   }
//   enum Mode { SUM = 0; MAX = 1; LEAST = -1; }
#pragma once

#include "engine/formats/message.h"

namespace emulsion::formats::test {

extern const MessageType sample_type;

}  // namespace emulsion::formats::test
