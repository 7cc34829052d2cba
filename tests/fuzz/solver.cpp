// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Caffe's solvers. One names its net; here there is always one by the name of "net.prototxt".
#include <emulsion/error.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "engine/formats/readers.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {
namespace {

constexpr const char* net = R"(name: "small"
layer { name: "data" type: "ImageData" top: "data" top: "label" include { phase: TRAIN }
  image_data_param { source: "train.txt" batch_size: 2 new_height: 8 new_width: 8 } }
layer { name: "data" type: "ImageData" top: "data" top: "label" include { phase: TEST }
  image_data_param { source: "test.txt" batch_size: 2 new_height: 8 new_width: 8 } }
layer { name: "extra" type: "ReLU" bottom: "data" top: "data" include { stage: "extra" min_level: 1 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
)";

/// A folder of its own, with the net in it, that goes with the program.
class Folder {
   public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "emulsion-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::logic_error("no scratch folder");
        path_ = pattern;
        write("net.prototxt", net);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string write(const char* name, std::string_view text) const {
        const std::filesystem::path path = path_ / name;
        if (!(std::ofstream(path, std::ios::binary) << text))
            throw std::logic_error("cannot write " + path.string());
        return path.string();
    }

   private:
    std::filesystem::path path_;
};

}  // namespace

void solver(Bytes bytes) {
    static const Folder folder;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    formats::read_solver(folder.write("solver.prototxt", text));
}

}  // namespace emulsion::fuzz
