// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Messages to files.
#pragma once

#include <span>

#include "engine/files.h"
#include "engine/formats/message.h"

namespace emulsion::formats {

class FileSink final : public ByteSink {
   public:
    explicit FileSink(AtomicFile& file) : file_(file) {}
    void append(std::span<const std::byte> bytes) override { file_.append(bytes); }

   private:
    AtomicFile& file_;
};

}  // namespace emulsion::formats
