# SPDX-License-Identifier: Apache-2.0
# The same job without a hypervisor, a switch or Ceph: one scheduler and an agent for each of the example city's hosts, on simulated
# drivers, talking over sockets in the folder. Needs no root. Sourced after causeway.sh.
# shellcheck shell=bash
