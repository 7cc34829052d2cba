// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace emulsion::test {
namespace {

// A file without a name, so that nothing stays behind and no pipe can fill up.
int temporary_file() {
    char name[] = "/tmp/emulsion-test-XXXXXX";
    const int fd = mkstemp(name);
    if (fd < 0) throw std::runtime_error("no temporary file");
    unlink(name);
    return fd;
}

std::string read_all(int fd) {
    std::string text;
    char buffer[4096];
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    close(fd);
    return text;
}

int open_output(Output output, int captured) {
    if (output == Output::dropped) return open("/dev/null", O_WRONLY);
    if (output == Output::full_disk) return open("/dev/full", O_WRONLY);
    if (output != Output::reader_gone) return captured;
    int ends[2];
    if (pipe(ends) != 0) return -1;
    close(ends[0]);
    return ends[1];
}

// In the child; only calls that are safe between fork and exec.
[[noreturn]] void become_emulsion(char* const* argv, int out, int err, bool close_out) {
    std::signal(SIGPIPE, SIG_DFL);
    dup2(err, STDERR_FILENO);
    if (close_out) {
        close(STDOUT_FILENO);
    } else {
        dup2(out, STDOUT_FILENO);
    }
    execv(EMULSION_COMMAND, argv);
    _exit(127);
}

}  // namespace

Outcome run_emulsion(const std::vector<std::string>& arguments, Output output) {
    std::string name = "emulsion";
    std::vector<std::string> words = arguments;
    std::vector<char*> argv = {name.data()};
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    const int captured = temporary_file(), err = temporary_file();
    const int out = open_output(output, captured);
    const pid_t child = fork();
    if (child == 0) become_emulsion(argv.data(), out, err, output == Output::closed);
    if (out != captured) close(out);

    int status = 0;
    waitpid(child, &status, 0);
    Outcome outcome;
    if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    outcome.out = read_all(captured);
    outcome.err = read_all(err);
    return outcome;
}

FullDisk::FullDisk(std::size_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const struct rlimit limit { bytes, old_.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &limit);
}

FullDisk::~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
}

int count_lines(const std::string& text) {
    const auto breaks = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    return breaks + (text.empty() || text.back() == '\n' ? 0 : 1);
}

}  // namespace emulsion::test
