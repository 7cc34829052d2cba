// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/signals.h"

#include <array>
#include <csignal>

namespace emulsion::apps {
namespace {

// A handler can reach nothing but globals, and may do nothing but set them.
volatile std::sig_atomic_t stop_signal = 0;
volatile std::sig_atomic_t save_wanted = 0;

constexpr std::array watched = {SIGINT, SIGTERM, SIGHUP};
std::array<struct sigaction, watched.size()> former;

extern "C" void note_signal(int signal) {
    if (signal == SIGHUP) {
        save_wanted = 1;
    } else {
        stop_signal = signal;
    }
}

}  // namespace

SignalWatch::SignalWatch(Ignored ignored) {
    stop_signal = 0;
    save_wanted = 0;
    for (std::size_t i = 0; i < watched.size(); ++i) {
        struct sigaction action {};
        action.sa_handler = note_signal;
        sigemptyset(&action.sa_mask);
        action.sa_flags = SA_RESTART;
        if (watched[i] != SIGHUP) action.sa_flags |= static_cast<int>(SA_RESETHAND);
        sigaction(watched[i], &action, &former[i]);
        if (ignored == Ignored::stays && former[i].sa_handler == SIG_IGN)
            sigaction(watched[i], &former[i], nullptr);
    }
}

SignalWatch::~SignalWatch() {
    for (std::size_t i = 0; i < watched.size(); ++i) sigaction(watched[i], &former[i], nullptr);
}

int SignalWatch::stop() const {
    return stop_signal;
}

bool SignalWatch::take_save_request() {
    const bool wanted = save_wanted != 0;
    save_wanted = 0;
    return wanted;
}

}  // namespace emulsion::apps
