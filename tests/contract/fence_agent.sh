#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A BMC behind the protocol of fence-agents: KEY=VALUE lines on standard input, and exit codes; of a status 0 for
# on and 2 for off. `ip` names its folder, which holds `power` (on or off) and `mood`.
while IFS='=' read -r key value; do
  case $key in
    action) action=$value ;;
    ip) bmc=$value ;;
    username) user=$value ;;
    password) password=$value ;;
  esac
done
printf '%s\n' "$*" > "$bmc/arguments"
if [ "$user" != operator ] || [ "$password" != "of the BMC" ]; then
  printf '2027-03-14 22:00:00,000 ERROR: Unable to connect/login to fencing device with %s\n\n' "$password" >&2
  exit 1
fi
case $(cat "$bmc/mood") in
  silent) sleep 600 ;;
  broken) printf 'ERROR: Connection timed out\n' >&2; exit 1 ;;
esac
case $action in
  off)
    [ "$(cat "$bmc/mood")" = lies ] || printf off > "$bmc/power"
    printf 'Success: Powered OFF\n'
    ;;
  status)
    [ "$(cat "$bmc/power")" = on ] || exit 2
    ;;
  *) exit 1 ;;
esac
