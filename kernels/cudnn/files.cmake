# The sources of this folder, which two targets compile: one for GPUs (CMakeLists.txt), and one of the tests.
set(EMULSION_CUDNN_SOURCES
  api.cpp
  convolution.cpp
  convolution_plan.cpp
  engine.cpp
  graph.cpp
  list.cpp
  lrn_plan.cpp
  pool.cpp
  pool_plan.cpp
  softmax_plan.cpp)
list(TRANSFORM EMULSION_CUDNN_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
