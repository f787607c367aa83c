# What is installed where, and the three Debian packages that `cpack -G DEB` makes of it in a release build tree:
# causeway (the command line), causeway-scheduler and causeway-agent.
include(GNUInstallDirs)

set(man ${CMAKE_INSTALL_MANDIR})

install(TARGETS causeway COMPONENT causeway RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/man/causeway.1 COMPONENT causeway DESTINATION ${man}/man1)
install(FILES packaging/man/causeway-files.5 packaging/man/causeway-snapshot.5 COMPONENT causeway DESTINATION ${man}/man5)
install(FILES packaging/completions/causeway.bash COMPONENT causeway RENAME causeway
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY packaging/examples COMPONENT causeway DESTINATION ${CMAKE_INSTALL_DOCDIR})

foreach(daemon causeway-scheduler causeway-agent)
  install(TARGETS ${daemon} COMPONENT ${daemon} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES packaging/man/${daemon}.8 COMPONENT ${daemon} DESTINATION ${man}/man8)
  install(FILES systemd/${daemon}.service COMPONENT ${daemon} DESTINATION lib/systemd/system)
endforeach()
install(FILES systemd/causeway-scheduler.sysusers COMPONENT causeway-scheduler RENAME causeway-scheduler.conf
  DESTINATION lib/sysusers.d)
install(FILES systemd/causeway-scheduler.tmpfiles COMPONENT causeway-scheduler RENAME causeway-scheduler.conf
  DESTINATION lib/tmpfiles.d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME causeway)
set(CPACK_PACKAGE_VENDOR "Causeway")
set(CPACK_PACKAGE_CONTACT "the Causeway maintainers <maintainers@localhost>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL causeway causeway-scheduler causeway-agent)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_CAUSEWAY_PACKAGE_NAME causeway)
set(CPACK_DEBIAN_CAUSEWAY-SCHEDULER_PACKAGE_NAME causeway-scheduler)
set(CPACK_DEBIAN_CAUSEWAY-AGENT_PACKAGE_NAME causeway-agent)
set(CPACK_DEBIAN_CAUSEWAY-AGENT_PACKAGE_DEPENDS
  "libvirt-daemon-driver-qemu, openvswitch-switch, qemu-system-x86, qemu-utils, qemu-block-extra")
# For sites that switch lost hosts off; most agents need programs of their own.
set(CPACK_DEBIAN_CAUSEWAY-SCHEDULER_PACKAGE_SUGGESTS "fence-agents, ipmitool")
set(CPACK_COMPONENT_CAUSEWAY_DESCRIPTION "Command line of Causeway, infrastructure for government clouds")
set(CPACK_COMPONENT_CAUSEWAY-SCHEDULER_DESCRIPTION "Central scheduler of Causeway, infrastructure for government clouds")
set(CPACK_COMPONENT_CAUSEWAY-AGENT_DESCRIPTION "Host agent of Causeway, infrastructure for government clouds")
set(CPACK_DEBIAN_CAUSEWAY-SCHEDULER_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/scheduler/postinst")
set(CPACK_DEBIAN_CAUSEWAY-AGENT_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/agent/postinst")
include(CPack)
