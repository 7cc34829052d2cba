// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What Caffe's files may hold. The tables name everything that BVLC's Caffe knows, also what Emulsion
// does not use: only then is an unknown field one that nobody's Caffe would have read.
#pragma once

#include "engine/formats/message.h"

namespace emulsion::formats::caffe {

const MessageType& net_parameter();     ///< .prototxt, .caffemodel
const MessageType& solver_parameter();  ///< a solver's .prototxt
const MessageType& blob_proto();        ///< mean.binaryproto

}  // namespace emulsion::formats::caffe
