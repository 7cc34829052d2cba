# nvcc, and what it is told. The top level includes this where EMULSION_CUDA is on.
#
# Two toolkits, since none holds both ends: CUDA 13 (sm_75 and later) and CUDA 11.8 (sm_35, from
# scripts/kepler-toolchain). nvcc compiles kernels and their launchers, as C++17; everything else, and the
# linking of programs, is the C++ compiler's.

set(EMULSION_CUDA_ARCHITECTURES "80;90a" CACHE STRING
  "What kernels are compiled for: compute capabilities without the dot, and ptx for cards that are newer than all of them")

# CMake 3.25 does not know all of these, so they are handed to nvcc past it.
set(CMAKE_CUDA_ARCHITECTURES OFF)
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
enable_language(CUDA)
set(CMAKE_CUDA_LINKER_PREFERENCE_PROPAGATES OFF)

# The runtime of the very toolkit that nvcc belongs to; CMake's own search may find that of another one.
find_library(EMULSION_CUDART cudart_static REQUIRED NO_DEFAULT_PATH PATHS ${CMAKE_CUDA_HOST_IMPLICIT_LINK_DIRECTORIES})
add_library(emulsion_cudart INTERFACE)
target_include_directories(emulsion_cudart SYSTEM INTERFACE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
target_link_libraries(emulsion_cudart INTERFACE ${EMULSION_CUDART} Threads::Threads ${CMAKE_DL_LIBS} rt)

# NVIDIA's libraries, whose headers alone are needed: cuBLAS's lie in the toolkit; cuDNN 9 has no CUDA 11.8.
find_path(EMULSION_CUBLAS_INCLUDE cublasLt.h NO_DEFAULT_PATH PATHS ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
  find_path(EMULSION_CUDNN_INCLUDE cudnn_graph.h HINTS ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
endif()
foreach(library IN ITEMS cublas cudnn)
  string(TOUPPER ${library} upper)
  set(EMULSION_HAS_${library} OFF)
  if(EMULSION_${upper}_INCLUDE)
    set(EMULSION_HAS_${library} ON)
  else()
    message(STATUS "No headers of ${library} here: kernels/${library} is not built")
  endif()
endforeach()

# nvcc's options for kernels that run on `floor` and later: machine code for each such architecture, and PTX for
# compute_`ptx` if PTX is wanted.
function(emulsion_gencode result floor ptx)
  set(options)
  foreach(architecture IN LISTS EMULSION_CUDA_ARCHITECTURES)
    if(architecture STREQUAL "ptx")
      list(APPEND options "SHELL:-gencode arch=compute_${ptx},code=compute_${ptx}")
      continue()
    endif()
    string(REGEX MATCH "^[0-9]+" number "${architecture}")
    if(NOT number)
      message(FATAL_ERROR "EMULSION_CUDA_ARCHITECTURES: ${architecture} is neither ptx nor like 80 or 90a")
    elseif(number GREATER_EQUAL floor)
      list(APPEND options "SHELL:-gencode arch=compute_${architecture},code=sm_${architecture}")
    endif()
  endforeach()
  set(${result} ${options} PARENT_SCOPE)
endfunction()

# A group of kernels: objects compiled by nvcc for the architectures that they run on.
function(emulsion_cuda_objects name floor ptx)
  emulsion_gencode(gencode ${floor} ${ptx})
  add_library(${name} OBJECT ${ARGN})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE EMULSION_CUDA_DEVICE=cuda)
  target_compile_options(${name} PRIVATE
    ${gencode}
    -fmad=false  # the same arithmetic as on the CPU; kernels write fmaf where they want it
    --expt-relaxed-constexpr
    -lineinfo
    -Wno-deprecated-gpu-targets
    "SHELL:-Werror all-warnings"
    -Xcompiler=-Wall,-Wextra,-Werror,-ffp-contract=off
    -Xcompiler=-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)  # places in messages are those of the source tree
endfunction()
