import { type CommandGrammar, commandGrammars, type Expected, globalOptions, type OptionGrammar } from './grammar.ts';

/** man 1 bash, Programmable Completion; needs nothing but bash 4.4. */
export function bashScript(): string {
  const commands = commandGrammars();
  return `# Completion of orlop for bash: source <(orlop completion bash)

# The options of a command, or those before it.
_orlop_options() {
    case $1 in
${[{ name: '', options: globalOptions() }, ...commands].map(optionsLine).join('\n')}
    esac
}

# What follows an option, or is the argument of that number: COMMAND OPTION|NUMBER. Nothing follows a switch; what has to
# stand in the same word begins with a =.
_orlop_expects() {
    case "$1 $2" in
${[...valueLines('', globalOptions()), ...commands.flatMap(expectLines)].join('\n')}
    esac
}

_orlop() {
    local cur=\${COMP_WORDS[COMP_CWORD]} program=\${COMP_WORDS[0]/#\\~/$HOME} command='' count=0 option='' expects='' ended=''
    local -a root=()
    local word at id
    COMPREPLY=()
    for ((at = 1; at < COMP_CWORD; at++)); do
        word=\${COMP_WORDS[at]}
        [[ $expects == =* && $word != = ]] && expects=''
        if [[ -n $expects ]]; then
            # bash makes three words of --option=value.
            [[ $word == = ]] && expects=\${expects#=} && continue
            [[ $option == --root ]] && root=(--root "$word")
            expects=''
        elif [[ -z $ended && $word == -- ]]; then
            ended=1
        elif [[ -z $ended && $word == -?* ]]; then
            option=$word
            expects=$(_orlop_expects "$command" "$word")
        elif [[ -z $command ]]; then
            command=$word
        else
            ((++count))
            [[ ${endsEarly(commands)} == *" $command "* ]] && ended=1
        fi
    done
    [[ $expects == =* && $cur != = ]] && expects=''
    expects=\${expects#=}
    [[ -n $expects && $cur == = ]] && cur=''
    if [[ -z $expects ]]; then
        if [[ -z $ended && $cur == -* ]]; then
            expects="words $(_orlop_options "$command")"
        elif [[ -z $command ]]; then
            expects=${quote(`words ${commands.map(({ name }) => name).join(' ')}`)}
        else
            expects=$(_orlop_expects "$command" $((count + 1)))
        fi
    fi
    case $expects in
        containers)
            while read -r id; do
                [[ $id == "$cur"* ]] && COMPREPLY+=("$id")
            done < <("$program" "\${root[@]}" list -q 2>/dev/null) ;;
        files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        programs) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
        words*) mapfile -t COMPREPLY < <(compgen -W "\${expects#words}" -- "$cur") ;;
    esac
}

complete -F _orlop orlop
`;
}

function optionsLine({ name, options }: { name: string; options: OptionGrammar[] }): string {
  return `        ${quote(name)}) echo ${quote(options.flatMap(({ names }) => names).join(' '))} ;;`;
}

function expectLines(command: CommandGrammar): string[] {
  const { name, options, isRepeating } = command;
  const places = command.arguments.map(({ expects }, index) => {
    const isLast = index === command.arguments.length - 1;
    return line(isLast && isRepeating ? `${quote(`${name} `)}[0-9]*` : quote(`${name} ${index + 1}`), expects);
  });
  return [...valueLines(name, options), ...places];
}

function valueLines(command: string, options: OptionGrammar[]): string[] {
  return options.flatMap(({ names, value, isOptional }) =>
    value
      ? [line(names.map((name) => quote(`${command} ${name}`)).join(' | '), value.expects, isOptional ? '=' : '')]
      : [],
  );
}

function line(pattern: string, expects: Expected, before = ''): string {
  return `        ${pattern}) echo ${quote(before + (typeof expects === 'string' ? expects : `words ${expects.join(' ')}`))} ;;`;
}

function endsEarly(commands: CommandGrammar[]): string {
  return quote(` ${commands.flatMap((command) => (command.endsEarly ? [command.name] : [])).join(' ')} `);
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
