# The sources of this folder, which two targets compile: nvcc's (CMakeLists.txt) and the emulator's.
set(EMULSION_CUDA_KERNELS
  dropout.cu
  loss.cu
  lrn.cu
  pool.cu
  prepare_input.cu
  relu.cu
  softmax.cu)
set(EMULSION_CUDA_PLANS
  dropout_plan.cpp
  list.cpp
  loss_plan.cpp
  lrn_plan.cpp
  pool_plan.cpp
  prepare_input_plan.cpp
  queue.cpp
  relu_plan.cpp
  softmax_plan.cpp)
list(TRANSFORM EMULSION_CUDA_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM EMULSION_CUDA_PLANS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
