# The sources of this folder, which two targets compile: nvcc's (CMakeLists.txt) and the emulator's.
set(EMULSION_CUDA_KERNELS
  convolution_backward_data.cu
  convolution_backward_weights.cu
  convolution_forward.cu
  fully_connected_backward.cu
  fully_connected_forward.cu
  relu.cu)
set(EMULSION_CUDA_PLANS
  convolution_plan.cpp
  fully_connected_plan.cpp
  list.cpp
  queue.cpp
  relu_plan.cpp)
list(TRANSFORM EMULSION_CUDA_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM EMULSION_CUDA_PLANS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
