#!/bin/sh
# certificates.sh DIR: makes a CA, certificates for the servers, and a password for every user, as the profile tls needs them: in DIR/servers
# what servers read, in DIR/programs what our programs read. Does nothing where they are there already; to renew them empty both. Each
# identity has a directory that only the user of its container can read (anybody's where this is not run by root). Needs openssl.
set -eu
umask 077
cd "$1"
mkdir -p servers programs
if [ -e programs/ca.pem ]; then
  echo 'certificates and passwords are there already'
  exit
fi
# Names, and users of containers. That of the puller is the user of our image, whose spool it writes.
servers='kafka:1000 redis:999 registry:99'
programs='puller:1000 node:10011 cluster:10012 graphite:10013 records:10014 events:10015 topics:10016 schemas:10017 fleet:10018
  admin:10019'
days=365
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

quietly() { "$@" 2>"$new/log" || { cat "$new/log" >&2; exit 1; }; }
password() { openssl rand -hex 24; }

# certificate NAME: NAME.key and NAME.pem, for the host of that name.
certificate() {
  printf 'subjectAltName = DNS:%s\n' "$1" >"$new/names"
  # shellcheck disable=SC2086
  quietly openssl req $key -subj "/O=haproxystats demo/CN=$1" -keyout "$new/$1.key" -out "$new/request"
  quietly openssl x509 -req -in "$new/request" -CA "$new/ca.pem" -CAkey "$new/ca.key" -CAcreateserial -days $days \
    -extfile "$new/names" -out "$new/$1.pem"
}

for identity in $servers; do rm -rf "servers/${identity%:*}"; mkdir "servers/${identity%:*}"; done
for identity in $programs; do rm -rf "programs/${identity%:*}"; mkdir "programs/${identity%:*}"; done

# The key of the CA is in no volume: nobody can sign another certificate.
# shellcheck disable=SC2086
quietly openssl req -x509 $key -days $days -subj '/O=haproxystats demo/CN=CA' -keyout "$new/ca.key" -out "$new/ca.pem"
for host in tls-kafka tls-redis tls-registry; do certificate $host; done

cat "$new/tls-kafka.key" "$new/tls-kafka.pem" >servers/kafka/key-and-cert.pem
for user in admin topics puller node cluster graphite records events fleet; do
  password >programs/$user/kafka-password
  echo "$user=$(cat programs/$user/kafka-password)" >>servers/kafka/passwords.properties
done

cp "$new/tls-redis.pem" servers/redis/cert.pem
cp "$new/tls-redis.key" servers/redis/key.pem
password | tee programs/node/redis-password >programs/cluster/redis-password
hash=$(tr -d '\n' <programs/node/redis-password | openssl dgst -sha256 | sed 's/.* //')
cat >servers/redis/users.acl <<END
user default off
user hs reset on #$hash ~hs:* +eval +evalsha +hset +hexists +zadd +zrange +zremrangebyscore +pexpire
END

cat "$new/tls-registry.key" "$new/tls-registry.pem" >servers/registry/key-and-cert.pem
users=servers/registry/users.cfg
printf 'userlist registry\n  group readers users records,events\n  group writers users schemas\n' >$users
for user in records events schemas; do
  password >programs/$user/registry-password
  echo "  user $user password $(openssl passwd -5 -stdin <programs/$user/registry-password)" >>$users
done

# keep WHERE IDENTITY...: each reads its own files only. Whoever finds ca.pem finds all: it comes last.
keep() {
  where=$1
  shift
  for identity; do
    directory=$where/${identity%:*}
    chmod 400 "$directory"/*
    chmod 500 "$directory"
    if [ "$(id -u)" = 0 ]; then chown -R "${identity#*:}" "$directory"; fi
  done
  cp -f "$new/ca.pem" "$where"
  chmod 444 "$where/ca.pem"
  chmod 755 "$where"
}
# shellcheck disable=SC2086
keep servers $servers
# shellcheck disable=SC2086
keep programs $programs
echo 'certificates and passwords are made'
