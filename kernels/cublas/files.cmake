# The sources of this folder, which two targets compile: one for GPUs (CMakeLists.txt), and one of the tests.
set(EMULSION_CUBLAS_SOURCES
  api.cpp fully_connected_plan.cpp gemm.cpp handles.cpp list.cpp matmul.cpp multiplication.cpp)
list(TRANSFORM EMULSION_CUBLAS_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
