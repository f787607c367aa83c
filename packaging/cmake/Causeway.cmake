# The few words that every CMakeLists.txt of the project is written in:
#   causeway_library(NAME SOURCES … DEPENDS …)    a folder as a static library
#   causeway_program(NAME SOURCES … DEPENDS …)    a binary, put into bin/ of the build tree
#   causeway_test(NAME SOURCES … DEPENDS … LABEL … [WHOLE] [THREADS])   a GoogleTest binary, its cases found by ctest; WHOLE:
#     one case for ctest, because its tests share something that is slow to bring up; THREADS: more than one thread of ours
#     runs in it, so it is for the thread sanitizer too, and its label ends in -threads
#   causeway_label(NAME LABEL…)                   building the target tests_LABEL builds NAME too
include_guard(GLOBAL)

add_library(causeway_flags INTERFACE)
target_compile_features(causeway_flags INTERFACE cxx_std_23)
# Designated initializers leave out what keeps its default: -Wmissing-field-initializers would forbid that.
target_compile_options(causeway_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-missing-field-initializers
  $<$<BOOL:${CAUSEWAY_WERROR}>:-Werror>)
# No object says where it was compiled.
target_compile_options(causeway_flags INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
target_include_directories(causeway_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
if(CAUSEWAY_SANITIZE)
  target_compile_options(causeway_flags INTERFACE -fsanitize=${CAUSEWAY_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(causeway_flags INTERFACE -fsanitize=${CAUSEWAY_SANITIZE})
endif()

function(causeway_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC causeway_flags ${arg_DEPENDS})
endfunction()

function(causeway_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE causeway_flags ${arg_DEPENDS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

function(causeway_label name)
  foreach(label IN LISTS ARGN)
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
endfunction()

function(causeway_test name)
  cmake_parse_arguments(arg "WHOLE;THREADS" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE causeway_flags ${arg_DEPENDS} GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  causeway_label(${name} ${arg_LABEL})
  if(arg_THREADS)
    causeway_label(${name} threads)
    string(APPEND arg_LABEL -threads)
  endif()
  if(arg_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
    return()
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}." NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
endfunction()
