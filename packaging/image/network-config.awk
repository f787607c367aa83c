# SPDX-License-Identifier: Apache-2.0
# Reads cloud-init's network-config version 2, in block, flow or JSON style, and prints per interface that is
# matched by its MAC:
#   mac MAC / mtu N / up / address A… / route TO VIA…
# It reads tokens, not YAML: enough for what describes static addresses, and nothing of it needs indentation.

function finish(    i) {
  if (mac != "") {
    print "mac " mac
    if (mtu != "") print "mtu " mtu
    print "up"
    for (i = 1; i <= addresses; i++) print "address " address[i]
    for (i = 1; i <= routes; i++) print "route " to[i] " " via[i]
  }
  mac = mtu = ""
  addresses = routes = 0
}

function known(key) {
  return index(" network version renderer ethernets match macaddress set-name mtu addresses routes to via metric " \
               "on-link nameservers search dhcp4 dhcp6 accept-ra optional gateway4 gateway6 ", " " key " ") > 0
}

function unquoted(key) {
  gsub(/["\t ]/, "", key)
  return key " "
}

{
  sub(/(^|[ \t])#.*/, "")
  while (match($0, /"[A-Za-z0-9_.-]+"[ \t]*:/)) # a quoted key, as in JSON
    $0 = substr($0, 1, RSTART - 1) unquoted(substr($0, RSTART, RLENGTH)) substr($0, RSTART + RLENGTH)
  gsub(/[][{},"']/, " ")
  count = split($0, tokens, /[ \t]+/)
  for (t = 1; t <= count; t++) {
    token = tokens[t]
    if (token == "" || token == "-") continue
    if (token ~ /:$/ && token !~ /::$/) {
      key = substr(token, 1, length(token) - 1)
      if (!known(key)) finish()
      if (key == "nameservers") servers = 1
      else if (key != "addresses" && key != "search") servers = 0
      continue
    }
    if (key == "macaddress") mac = tolower(token)
    else if (key == "mtu") mtu = token
    else if (key == "addresses" && !servers) address[++addresses] = token
    else if (key == "to") to[++routes] = token
    else if (key == "via") via[routes] = token
    else if (key == "gateway4" || key == "gateway6") { to[++routes] = "default"; via[routes] = token }
  }
}

END { finish() }
