// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The table of layer types. It is explicit, because registration by static objects is dropped by the
// linker where it is needed most: in a static library.
#include "layers/makers.h"

namespace emulsion {

const LayerFactory& standard_layers() {
    static const LayerFactory table = {
        {"concat", make_concat},      {"conv", make_convolution}, {"dropout", make_dropout},
        {"fc", make_fully_connected}, {"lrn", make_lrn},          {"pool", make_pool},
        {"relu", make_relu},          {"softmax", make_softmax},  {"softmax_loss", make_softmax_loss},
    };
    return table;
}

}  // namespace emulsion
