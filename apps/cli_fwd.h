// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// CLI11 by its names. Only a file that describes options includes the whole of it, which costs a compiler
// seconds.
#pragma once

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI
