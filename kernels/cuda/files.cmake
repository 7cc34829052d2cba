# The sources of this folder, which two targets compile: nvcc's (CMakeLists.txt) and the emulator's.
set(EMULSION_CUDA_KERNELS
  add.cu
  copy_rows.cu
  relu.cu
  reorder.cu
  sgd.cu
  square_sum.cu)
set(EMULSION_CUDA_PLANS
  add_plan.cpp
  concat_plan.cpp
  list.cpp
  queue.cpp
  relu_plan.cpp
  reorder_plan.cpp
  sgd_plan.cpp
  square_sum_plan.cpp)
list(TRANSFORM EMULSION_CUDA_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM EMULSION_CUDA_PLANS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
