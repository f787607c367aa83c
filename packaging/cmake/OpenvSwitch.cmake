# The library of Open vSwitch as the target openvswitch::openvswitch. What upstream does not install, such as the OVSDB
# bindings, is in the folders of OPENVSWITCH_INTERNAL_DIRS: for single C files only, because it hides headers of libc.
# Debian ships no -dev package of it, so it is built from the package openvswitch-source during the build, once, and
# kept in CAUSEWAY_CACHE for all build trees.
include_guard(GLOBAL)

if(DEFINED ENV{CAUSEWAY_CACHE})
  set(cache_default $ENV{CAUSEWAY_CACHE})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(cache_default $ENV{XDG_CACHE_HOME}/causeway)
elseif(DEFINED ENV{HOME})
  set(cache_default $ENV{HOME}/.cache/causeway)
else()
  set(cache_default ${PROJECT_BINARY_DIR}/cache)
endif()
set(CAUSEWAY_CACHE ${cache_default} CACHE PATH "Where what is built once for all build trees is kept")

set(tarball /usr/src/openvswitch/openvswitch.tar.gz)
if(NOT EXISTS ${tarball})
  message(FATAL_ERROR "${tarball} is missing: install the package openvswitch-source")
endif()
set(script ${CMAKE_CURRENT_LIST_DIR}/build-openvswitch.sh)

# The result is named by what it is made from, so that an upgrade of the package or of the compiler makes a new one.
file(SHA256 ${tarball} tarball_hash)
file(SHA256 ${script} script_hash)
string(SHA256 key "${tarball_hash} ${script_hash} ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}")
string(SUBSTRING ${key} 0 16 key)
set(tree ${PROJECT_BINARY_DIR}/openvswitch)

add_custom_command(OUTPUT ${tree}/lib/libopenvswitch.a
  COMMAND ${script} ${tarball} ${CAUSEWAY_CACHE}/openvswitch-${key} ${tree}
  DEPENDS ${script} ${tarball}
  COMMENT "Open vSwitch library: from ${CAUSEWAY_CACHE}/openvswitch-${key}"
  USES_TERMINAL VERBATIM)
add_custom_target(openvswitch_library DEPENDS ${tree}/lib/libopenvswitch.a)
file(MAKE_DIRECTORY ${tree}/include ${tree}/internal/lib)

add_library(openvswitch::openvswitch INTERFACE IMPORTED GLOBAL)
add_dependencies(openvswitch::openvswitch openvswitch_library)
target_include_directories(openvswitch::openvswitch INTERFACE ${tree}/include)
target_link_libraries(openvswitch::openvswitch INTERFACE ${tree}/lib/libopenvswitch.a atomic m Threads::Threads)

set(OPENVSWITCH_INTERNAL_DIRS ${tree}/internal ${tree}/internal/lib)
