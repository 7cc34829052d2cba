// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/serve/http/serve_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace emulsion::test {

ServeProcess::ServeProcess(std::vector<std::string> arguments, int log) {
    arguments.insert(arguments.begin(), {"emulsion", "serve", "--listen", "127.0.0.1:0", "--log", "off"});
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(log >= 0 ? log : open("/dev/null", O_WRONLY), STDERR_FILENO);
        ::close(ends[0]);
        execv(EMULSION_COMMAND, argv.data());
        _exit(127);
    }
    ::close(ends[1]);
    char c = 0;
    while (read(ends[0], &c, 1) == 1 && c != '\n') line_ += c;
    out_ = ends[0];
}

ServeProcess::~ServeProcess() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
}

std::uint16_t ServeProcess::port() const {
    const std::size_t colon = line_.find(':', std::string("http:").size());
    return static_cast<std::uint16_t>(std::stoi(line_.substr(colon + 1)));
}

void ServeProcess::wait_until_ready() const {
    while (ask("GET", "/readyz").status != 200) usleep(10'000);
}

HttpResponse ServeProcess::ask(const std::string& method, const std::string& path, const std::string& fields,
                               const std::string& body) const {
    Client client(port());
    return client.ask(request(port(), method, path, fields, body));
}

std::size_t ServeProcess::peak_kibibytes() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
    throw std::runtime_error("the server has gone");
}

int ServeProcess::end(int signal) {
    kill(pid_, signal);
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace emulsion::test
