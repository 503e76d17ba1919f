# shellcheck shell=bash
# Completion of trainmm's commands and options in bash: source scripts/completion.bash
# (or add that line, with the checkout's path, to ~/.bashrc).

_trainmm() {
  local words=("${COMP_WORDS[@]:1}") line point
  line="${words[*]}"
  point=$((COMP_POINT - ${#COMP_WORDS[0]} - 1))
  # The program knows its own options; files are completed by bash where it suggests none.
  mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" "[suggest:$point]" "$line" 2>/dev/null |
    grep -E '^(--)?[a-z]' | grep -F -- "${COMP_WORDS[COMP_CWORD]}")
}

complete -o default -F _trainmm trainmm scripts/trainmm ./scripts/trainmm
