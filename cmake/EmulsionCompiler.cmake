# What every target is compiled with. Linked as emulsion_options; nothing else sets flags.

add_library(emulsion_options INTERFACE)
target_include_directories(emulsion_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(emulsion_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
  # GCC 12 sees both where they are not: in string + string (its bug 105651) and in moved variants.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  -ffp-contract=off  # the same arithmetic on every compiler; kernels write fma where they want it
  -fno-math-errno)

# x86-64-v3 (AVX2, FMA; 2013 and later) is the floor on x86-64. The command checks it at its start.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(emulsion_options INTERFACE -march=x86-64-v3)
endif()

if(EMULSION_SANITIZE)
  target_compile_options(emulsion_options INTERFACE
    -fsanitize=${EMULSION_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(emulsion_options INTERFACE -fsanitize=${EMULSION_SANITIZE})
endif()
