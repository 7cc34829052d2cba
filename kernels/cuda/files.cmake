# The sources of this folder, which two targets compile: nvcc's (CMakeLists.txt) and the emulator's.
set(EMULSION_CUDA_KERNELS
  relu.cu)
set(EMULSION_CUDA_PLANS
  list.cpp
  queue.cpp
  relu_plan.cpp)
list(TRANSFORM EMULSION_CUDA_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM EMULSION_CUDA_PLANS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
