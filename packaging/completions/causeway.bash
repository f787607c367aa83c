# SPDX-License-Identifier: Apache-2.0
# bash completion for causeway(1): verbs and options are read from the command's own help, so they can't differ from it.
_causeway() {
  local word=${COMP_WORDS[COMP_CWORD]} verb=() help
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -* ]] || verb+=("${COMP_WORDS[i]}")
  done
  case ${COMP_WORDS[COMP_CWORD - 1]} in
    -f | --file | --plan | --save | --snapshot | --config | --scheduler)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
    -o | --output)
      mapfile -t COMPREPLY < <(compgen -W 'table wide json yaml name' -- "$word")
      return
      ;;
  esac
  if [[ ${verb[0]-} == snapshot && ${#verb[@]} -eq 2 && $word != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  fi
  if [[ ${verb[0]-} == get && ${#verb[@]} -eq 1 && $word != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W 'hosts departments zones networks workloads volumes applications waves rooms events grants keys' -- "$word")
    return
  fi
  if [[ ${verb[0]-} == state && ${#verb[@]} -eq 2 && $word != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  fi
  help=$(causeway "${verb[@]:0:1}" --help 2> /dev/null)
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE -- '--[a-z][a-z-]+' <<< "$help")" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z-]*\).*/\1/p' <<< "$help")" -- "$word")
  fi
}
complete -F _causeway causeway
