// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The text form of protocol buffers, with ONNX's messages, which nest in each other: what is written of a
// message is read as the same.
#include <stdexcept>

#include "engine/formats/message.h"
#include "engine/formats/onnx_schema.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void protobuf_text(Bytes bytes) {
    using namespace formats;
    const std::string_view given(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    Unknown unknown, none;
    const std::string text = write_text(read_text(given, onnx::model_type, "file", unknown));
    if (write_text(read_text(text, onnx::model_type, "own", none)) != text || !none.empty())
        throw std::logic_error("what is written is read as something else");
}

}  // namespace emulsion::fuzz
