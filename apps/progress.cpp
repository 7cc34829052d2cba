// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <emulsion/error.h>

#include "apps/common_text.h"

namespace emulsion::apps {
namespace {

std::size_t terminal_width(int descriptor) {
    struct winsize size {};
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(On stream)
    : descriptor_(stream == On::output ? STDOUT_FILENO : STDERR_FILENO),
      terminal_(isatty(descriptor_) == 1) {}

Progress::~Progress() {
    if (open_) put("\n");
}

bool Progress::due() const {
    if (silent_) return false;
    const auto pause = terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10);
    return Clock::now() - shown_ >= pause;
}

void Progress::show(const std::string& line) {
    shown_ = Clock::now();
    if (!terminal_) return put(line + "\n");
    // A line that wrapped could not be rewritten.
    put("\r\x1b[K" + line.substr(0, terminal_width(descriptor_) - 1));
    open_ = true;
}

void Progress::say(const std::string& line) {
    clear();
    put(line + "\n");
}

void Progress::clear() {
    if (open_) put("\r\x1b[K");
    open_ = false;
}

void Progress::put(const std::string& text) {
    if (silent_) return;
    if (descriptor_ == STDERR_FILENO) {
        [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
        return;
    }
    try {
        print(text);
    } catch (const ReaderGone&) {
        silent_ = true;
    } catch (const Error&) {
        silent_ = true;
    }
}

}  // namespace emulsion::apps
