// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// All of Emulsion's public interface.
#pragma once

#include "emulsion/error.h"
#include "emulsion/import.h"
#include "emulsion/layer.h"
#include "emulsion/log.h"
#include "emulsion/model.h"
#include "emulsion/netdef.h"
#include "emulsion/options.h"
#include "emulsion/preprocessing.h"
#include "emulsion/program.h"
#include "emulsion/safetensors.h"
#include "emulsion/session.h"
#include "emulsion/solver.h"
#include "emulsion/trace.h"
#include "emulsion/trainer.h"
