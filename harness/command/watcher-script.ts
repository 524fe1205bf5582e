/**
 * What ends the children and removes the files of a sevlane that died: `sh -c SCRIPT NAME FOLDER MODE`, in POSIX sh
 * because it has to start in no time and outlive a lack of memory. It reads a pipe; when that closes without `bye`, it
 * does what the record in the folder says, within 2 s. A process is only ended when it is the one that was written down:
 * its id may have been given to another; `starting` says that there may be one whose id came too late to be written
 * down, and then the mark in the environment tells. `later` (the next start of sevlane) is stricter than `now` about whose leader
 * is gone: there the mark in the environment of its group tells.
 */
export const WATCHER_SCRIPT = `
trap '' HUP INT TERM
folder=$1
mode=$2
record=$folder/watched
while read -r word; do
  [ "$word" = bye ] && exit 0
done
[ -f "$record" ] || exit 0

look() {
  state= born= group=
  { read -r line; } 2>/dev/null < "/proc/$1/stat" || return 1
  set -- \${line##*) }
  state=$1 group=$3 born=\${20}
  [ "$state" != Z ] && [ "$state" != X ]
}

all_marked() {
  for found in $(grep -lzsxF "SEVLANE_WATCHED=$folder" /proc/[0-9]*/environ 2>/dev/null); do
    found=\${found#/proc/}
    echo "\${found%/environ}"
  done
}

marked() {
  for member in $(all_marked); do
    look "$member" && [ "$group" = "$1" ] && return 0
  done
  return 1
}

ours() {
  if [ "$2" = - ]; then [ "$mode" = now ]
  elif look "$1"; then [ "$born" = "$2" ]
  elif [ "$mode" = now ]; then return 0
  else marked "$1"
  fi
}

leaders= targets=
while read -r kind pid born_at; do
  case $kind in
    group) ours "$pid" "$born_at" && leaders="$leaders $pid" targets="$targets -$pid" ;;
    process) look "$pid" && ours "$pid" "$born_at" && leaders="$leaders $pid" targets="$targets $pid" ;;
    starting) for pid in $(all_marked); do look "$pid" && leaders="$leaders $pid" targets="$targets $pid"; done ;;
  esac
done < "$record"

tell() {
  for target in $targets; do kill -s "$1" -- "$target" 2>/dev/null; done
}

living() {
  for pid in $leaders; do look "$pid" && return 0; done
  return 1
}

tell TERM
turns=0
while [ $turns -lt 8 ] && living; do
  sleep 0.1
  turns=$((turns + 1))
done
tell KILL
while read -r kind path; do
  [ "$kind" = file ] && rm -rf -- "$path"
done < "$record"
rm -rf -- "$folder"
`;
