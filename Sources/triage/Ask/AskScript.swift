/// A shell script that collects evidence where there is no triage: POSIX sh and plain tools, read-only.
/// Its output is a transcript, a prompt before each answer, which `triage diagnose` takes apart.
struct AskScript {
  /// The facts that are wanted, by their names; nil wants all.
  let facts: Set<String>?
  /// What it is for, in a comment.
  let purpose: String

  var text: String {
    let chosen = AskSection.all.filter { isWanted($0) }
    let texts = chosen.map(\.text).map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }
    let tools = chosen.contains { $0.needsRedis } ? [AskSection.redisTools] : []
    return ([head] + tools + texts + ["exit 0\n"]).joined(separator: "\n")
  }

  private func isWanted(_ section: AskSection) -> Bool {
    guard let facts else { return true }
    return facts.contains { fact in section.facts.contains { fact.hasPrefix($0) } }
  }

  private var head: String {
    """
    #!/bin/sh
    # Collects evidence \(purpose). It only reads: nothing is changed, nothing is
    # written but its output. Passwords are taken from REDISCLI_AUTH and shown nowhere.
    #   sh ask.sh > evidence.txt          on the box, as root where that is possible
    #   triage diagnose evidence.txt      anywhere
    # Servers elsewhere: REDIS_HOST=10.0.3.7 REDIS_PORT=6380 sh ask.sh > evidence.txt
    LC_ALL=C
    export LC_ALL
    name=$(hostname 2>/dev/null || uname -n)
    limit=
    command -v timeout >/dev/null 2>&1 && limit='timeout 20'

    # A prompt with the command, and below it the end of its answer. Blank lines go: they would look
    # like the end of it.
    show() {
      printf 'triage@%s:~$ %s\\n' "$name" "$1"
      $limit sh -c "$1" 2>/dev/null </dev/null | tr -d '\\r' |
        sed -e '/^[[:space:]]*$/d' | tail -c "${2:-60000}" | mask
      echo
    }

    # Passwords, keys and tokens that a configuration gives a name to.
    mask() {
      sed -e "s/\\([Pp][Aa][Ss][Ss][Ww]*[Oo]*[Rr]*[Dd]*[\\"']* *[=:] *\\)[^ ].*/\\1***/" \\
        -e "s/\\([Ss][Ee][Cc][Rr][Ee][Tt][A-Za-z_]*[\\"']* *[=:] *\\)[^ ].*/\\1***/" \\
        -e "s/\\([Tt][Oo][Kk][Ee][Nn][\\"']* *[=:] *\\)[^ ].*/\\1***/" \\
        -e 's#://\\([^:@/ ]*\\):[^@/ ]*@#://\\1:***@#g'
    }

    show 'date -u'

    """
  }
}

/// A part of the script, and the beginnings of the names of the facts that it brings.
struct AskSection {
  let facts: [String]
  var needsRedis = false
  let text: String

  static let all = host + redis + services

  private static let host = [
    AskSection(
      facts: ["host.memory.", "host.load", "host.uptime", "host.cpus", "host.disk."],
      text: """
        show 'cat /proc/meminfo'
        show 'uptime'
        show 'nproc'
        show 'df -PT'
        show 'df -iPT'
        """),
    AskSection(
      facts: ["host.sysctl.", "host.thp"],
      text: """
        show 'sysctl vm.overcommit_memory vm.overcommit_ratio vm.swappiness net.core.somaxconn'
        show 'cat /sys/kernel/mm/transparent_hugepage/enabled'
        """),
    AskSection(
      facts: ["host.network.", "host.sysctl.net."],
      text: """
        network() {
          command -v nstat >/dev/null 2>&1 && show 'date -u; nstat -az'
          command -v ethtool >/dev/null 2>&1 || return
          for path in /sys/class/net/*; do
            [ -e "$path/device" ] && show "date -u; ethtool -S ${path##*/} | grep allowance"
          done
        }
        network
        command -v ss >/dev/null 2>&1 && show 'ss -lnt' && show 'ss -lnx'
        show 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max'
        show 'cat /proc/net/sockstat'
        show 'sysctl net.ipv4.ip_local_port_range'
        sleep 5
        network
        """),
    AskSection(
      facts: ["host.pressure."],
      text: "show 'head /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io'"),
    AskSection(
      facts: ["host.cgroup.", "app.memory_limit"],
      text: """
        for file in memory.max memory.current memory.peak memory.events \\
          memory/memory.limit_in_bytes memory/memory.usage_in_bytes; do
          [ -r "/sys/fs/cgroup/$file" ] && show "cat /sys/fs/cgroup/$file"
        done
        """),
    AskSection(
      facts: ["host.vmstat.", "host.cpu.", "host.memory."],
      text: "command -v vmstat >/dev/null 2>&1 && show 'vmstat -t 1 6'"),
    AskSection(
      facts: ["host.sysstat."],
      text: """
        command -v iostat >/dev/null 2>&1 && show 'LC_ALL=C S_TIME_FORMAT=ISO iostat -xt 1 6'
        command -v sar >/dev/null 2>&1 && show 'LC_ALL=C S_TIME_FORMAT=ISO sar -u -r -W -d'
        """),
    AskSection(
      facts: ["kernel.", "host.log.", "redis.process."],
      text: """
        if [ -n "$(dmesg 2>/dev/null | head -n 1)" ]; then
          show 'dmesg -T | tail -n 800'
        elif command -v journalctl >/dev/null 2>&1; then
          show 'journalctl -k -o short-iso --utc --no-pager -n 800'
        fi
        if command -v journalctl >/dev/null 2>&1; then
          show 'journalctl _PID=1 -o short-iso --utc --no-pager -n 300'
        fi
        """),
    AskSection(
      facts: ["ec2."],
      text: """
        if command -v curl >/dev/null 2>&1; then
          at=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}/latest
          key=$(curl -s -m 1 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$at/api/token")
          got() { curl -s -f -m 1 -H "X-aws-ec2-metadata-token: $key" "$at/meta-data/$1"; }
          id=$([ -n "$key" ] && got instance-id)
          case $id in
            i-*) printf 'triage@%s:~$ cat instance.json\\n{ "InstanceId": "%s", "InstanceType": "%s" }\\n\\n' \\
              "$name" "$id" "$(got instance-type)" ;;
          esac
        fi
        """),
  ]

  static let redisTools = """
    host=${REDIS_HOST:-127.0.0.1}
    ports=${REDIS_PORT:-}
    if [ -z "$ports" ]; then
      ports=$(ps -e -o args 2>/dev/null |
        sed -n -e 's/^[^ ]*\\(redis\\|valkey\\)-server [^ ]*:\\([0-9][0-9]*\\).*/\\2/p' | sort -u)
    fi
    cli=redis-cli
    command -v redis-cli >/dev/null 2>&1 || cli=valkey-cli
    command -v "$cli" >/dev/null 2>&1 || ports=
    # Lists as they look on a terminal.
    ask() { show "$cli --no-raw -h $host -p $1 $2"; }

    """

  private static let redis = [
    AskSection(
      facts: ["redis."], needsRedis: true,
      text: """
        for port in $ports; do
          show "$cli -h $host -p $port info all"
          ask "$port" 'role'
        done
        """),
    AskSection(
      facts: ["redis.slowlog.", "redis.latency"], needsRedis: true,
      text: """
        for port in $ports; do
          ask "$port" 'slowlog get 128'
          ask "$port" 'slowlog len'
          ask "$port" 'latency latest'
          show "$cli -h $host -p $port latency doctor"
        done
        """),
    AskSection(
      facts: ["redis.clients.", "redis.client"], needsRedis: true,
      text: "for port in $ports; do show \"$cli -h $host -p $port client list\"; done"),
    AskSection(
      facts: ["redis.memory.", "redis.memory_doctor."], needsRedis: true,
      text: """
        for port in $ports; do
          ask "$port" 'memory stats'
          show "$cli -h $host -p $port memory doctor"
        done
        """),
    AskSection(
      facts: ["redis.config.", "redis.clients.", "redis.slowlog.", "redis.memory."],
      needsRedis: true,
      text: """
        for port in $ports; do
          for key in maxmemory maxmemory-policy maxclients slowlog-log-slower-than slowlog-max-len \\
            save appendonly timeout replicaof; do
            show "$cli -h $host -p $port config get $key"
          done
        done
        """),
    AskSection(
      facts: ["redis.sample.", "redis.keyspace."], needsRedis: true,
      text: """
        for port in $ports; do
          one="$cli -h $host -p $port"
          show "$one --scan | head -n 200 | while read -r k; do echo \\"\\$k ttl=\\$($one ttl \\"\\$k\\")\\"; done"
        done
        """),
    AskSection(
      facts: ["redis.log."], needsRedis: true,
      text: """
        for port in $ports; do
          file=$($cli -h "$host" -p "$port" config get logfile 2>/dev/null | sed -n 2p)
          [ -n "$file" ] && [ -r "$file" ] && show "tail -n 600 $file"
        done
        if [ -z "$ports" ]; then
          for file in /var/log/redis/*.log /var/log/valkey/*.log; do
            [ -r "$file" ] && show "tail -n 600 $file"
          done
        fi
        """),
  ]

  private static let services = [
    AskSection(
      facts: ["redis", "app", "nginx"].flatMap { ["\($0).service.", "\($0).container."] },
      text: """
        if command -v systemctl >/dev/null 2>&1; then
          for unit in $(systemctl list-units --all --type=service --plain --no-legend 2>/dev/null |
            sed -n -e 's/^\\([^ ]*\\(redis\\|valkey\\|gunicorn\\|nginx\\)[^ ]*[.]service\\) .*/\\1/p'); do
            show "systemctl show $unit -p Id,ActiveState,Result,ExecMainCode,ExecMainStatus,NRestarts,MemoryCurrent,MemoryMax,Restart"
          done
        fi
        command -v docker >/dev/null 2>&1 && show 'docker ps -a'
        """),
    AskSection(
      facts: ["gunicorn.ps.", "process.", "app.memory"],
      text: """
        for n in 1 2 3 4 5 6 7 8; do
          [ "$n" = 1 ] && printf 'triage@%s:~$ ps -eo pid,ppid,rss,etime,args\\n' "$name"
          date -u
          ps -eo pid,ppid,rss,etime,args | grep -e PID -e gunicorn -e redis -e valkey | grep -v grep
          sleep 2
        done
        echo
        """),
    AskSection(
      facts: ["gunicorn.", "app."],
      text: """
        seen=
        for pid in $(ps -e -o pid,args 2>/dev/null | sed -n -e 's/^ *\\([0-9]*\\) .*gunicorn.*/\\1/p'); do
          home=$(readlink "/proc/$pid/cwd" 2>/dev/null)
          case "$seen" in *" $home "*) continue ;; esac
          seen="$seen $home "
          file=$home/gunicorn.conf.py
          [ -n "$home" ] && [ -r "$file" ] && show "cat $file"
        done
        for file in /etc/systemd/system/*gunicorn*.service; do
          [ -r "$file" ] && show "cat $file"
        done
        found=
        for file in /var/log/gunicorn*.log /var/log/gunicorn/*.log; do
          [ -r "$file" ] && found=1 && show "tail -n 800 $file"
        done
        if [ -z "$found" ] && command -v journalctl >/dev/null 2>&1; then
          show 'journalctl -u gunicorn --utc --no-pager -n 800'
        fi
        """),
    AskSection(
      facts: ["nginx."],
      text: """
        for file in /etc/nginx/nginx.conf /etc/nginx/conf.d/*.conf /etc/nginx/sites-enabled/*; do
          [ -r "$file" ] && show "cat $file"
        done
        for file in error.log access.log; do
          [ -r "/var/log/nginx/$file" ] && show "tail -n 1500 /var/log/nginx/$file" 200000
        done
        """),
  ]
}

/// What only AWS knows of an instance: commands for wherever its command line is set up.
struct AskAWS {
  let instance: String

  var text: String {
    let metrics = [
      ("StatusCheckFailed_System", "Maximum", 60), ("StatusCheckFailed_Instance", "Maximum", 60),
      ("StatusCheckFailed_AttachedEBS", "Maximum", 60), ("CPUUtilization", "Average Maximum", 300),
      ("CPUCreditBalance", "Average Minimum", 300),
      ("CPUSurplusCreditBalance", "Average Maximum", 300),
      ("EBSIOBalance%", "Average Minimum", 300), ("EBSByteBalance%", "Average Minimum", 300),
    ]
    var text = """
      #!/bin/sh
      # Asks AWS about \(instance); read-only (ec2:Describe*, ec2:GetConsoleOutput, cloudwatch:Get*,
      # cloudwatch:Describe*). For a folder of answers:
      #   sh ask-aws.sh && triage diagnose aws-\(instance)
      # Another region or profile: AWS_REGION=eu-central-1 AWS_PROFILE=ops sh ask-aws.sh
      mkdir -p aws-\(instance) && cd aws-\(instance) || exit 1
      from=$(date -u -d '-6 hours' +%FT%TZ 2>/dev/null || date -u -v-6H +%FT%TZ)
      to=$(date -u +%FT%TZ)
      aws ec2 describe-instance-status --include-all-instances --instance-ids \(instance) \\
        --output json > instance-status.json
      aws ec2 describe-instances --instance-ids \(instance) --output json > instance.json
      aws ec2 describe-instance-credit-specifications --instance-ids \(instance) \\
        --output json > credit-specification.json
      aws ec2 get-console-output --instance-id \(instance) --latest --output text > console.txt
      aws cloudwatch describe-alarm-history --history-item-type StateUpdate \\
        --start-date "$from" --end-date "$to" --output json > alarm-history.json

      """
    for (metric, statistics, period) in metrics {
      text += """
        aws cloudwatch get-metric-statistics --namespace AWS/EC2 --metric-name \(metric) \\
          --dimensions Name=InstanceId,Value=\(instance) --statistics \(statistics) \\
          --period \(period) --start-time "$from" --end-time "$to" --output json > \(metric).json

        """
    }
    return text + """
      for volume in $(aws ec2 describe-volumes --output text \\
        --filters Name=attachment.instance-id,Values=\(instance) --query 'Volumes[].VolumeId'); do
        for metric in BurstBalance VolumeIOPSExceededCheck VolumeThroughputExceededCheck \\
          VolumeStalledIOCheck; do
          aws cloudwatch get-metric-statistics --namespace AWS/EBS --metric-name "$metric" \\
            --dimensions Name=VolumeId,Value="$volume" --statistics Average Minimum Maximum \\
            --period 300 --start-time "$from" --end-time "$to" --output json > "$metric-$volume.json"
        done
      done

      """
  }
}
