// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Libraries that a folder stands on and that are opened when they are first needed, so that one program runs
// with or without them.
#pragma once

#include <string>
#include <vector>

#include "kernels/error.h"

namespace emulsion::kernels {

/// The library is not here, or not one that this program can use; what() says so in one line, and what to do.
class NoLibrary : public KernelError {
   public:
    using KernelError::KernelError;
};

/// Where the user says that a library lies: a file, or the folder that it is in. `title` is the word of
/// Library's constructor. To be said before the library is opened. Throws NoLibrary if it is already open, or
/// if nothing lies there.
void set_library_path(const std::string& title, const std::string& path);
/// What was said; empty: nothing, and the dynamic loader looks where it always does.
std::string library_path(const std::string& title);

/// An open library. It stays open until the process ends, as NVIDIA's want it.
class Library {
   public:
    /// Opens the first of `files` ("libcudnn.so.9") that is where library_path(title) says, or that the
    /// loader finds. Throws NoLibrary.
    Library(const std::string& title, const std::vector<std::string>& files);

    /// The file that was opened.
    const std::string& path() const { return path_; }

    /// Sets a pointer to the function of that name, of this library or of one that it was linked with. Throws
    /// NoLibrary.
    template <class Function>
    void find(Function*& function, const char* name) const {
        function = reinterpret_cast<Function*>(symbol(name));
    }

   private:
    void* symbol(const char* name) const;

    std::string title_, path_;
    void* handle_ = nullptr;
};

}  // namespace emulsion::kernels
