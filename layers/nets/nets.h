// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The nets that Emulsion knows by name, one file each.
#pragma once

#include <emulsion/netdef.h>

namespace emulsion::nets {

NetDef alexnet();
NetDef alexnet_torchvision();
NetDef caffenet();
NetDef photo();
NetDef photo_mini();
NetDef squeezenet();

}  // namespace emulsion::nets
