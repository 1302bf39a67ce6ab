#!/usr/bin/env bash
# options.sh PELTON: what --help lists is taken, or refused with a word on why.
pelton=$1 status=0 noptions=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
for command in image primes bulk info; do
    while read -r option; do
        noptions=$((noptions + 1))
        case $option in
        *=*) typed=${option%%=*}=1 ;;
        *) typed=$option ;;
        esac
        said=$("$pelton" $command "$typed" 2>&1 </dev/null)
        [ $? != 2 ] || [ -n "$said" ] || { echo "$command $typed: status 2 and not a word" && status=1; }
    done < <("$pelton" $command --help | grep -oE -- '--[a-z][a-z-]*(=[^ ,]*)?' | sort -u)
done
[ $noptions -ge 60 ] || { echo "only $noptions options in --help" && status=1; }
exit $status
