# The sources of this folder, which two targets compile: nvcc's (CMakeLists.txt) and the emulator's.
set(EMULSION_CUDA_KERNELS
  add.cu
  convolution_backward_data.cu
  convolution_backward_weights.cu
  convolution_forward.cu
  copy_rows.cu
  dropout.cu
  fully_connected_backward.cu
  fully_connected_forward.cu
  loss.cu
  lrn.cu
  pool.cu
  prepare_input.cu
  relu.cu
  reorder.cu
  sgd.cu
  softmax.cu
  square_sum.cu)
set(EMULSION_CUDA_PLANS
  add_plan.cpp
  concat_plan.cpp
  convolution_plan.cpp
  dropout_plan.cpp
  fully_connected_plan.cpp
  list.cpp
  loss_plan.cpp
  lrn_plan.cpp
  pool_plan.cpp
  prepare_input_plan.cpp
  queue.cpp
  relu_plan.cpp
  reorder_plan.cpp
  sgd_plan.cpp
  softmax_plan.cpp
  square_sum_plan.cpp)
list(TRANSFORM EMULSION_CUDA_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM EMULSION_CUDA_PLANS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
