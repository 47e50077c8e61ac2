/// Facts that only the files of a deployment tell: how containers, units and instances are set up,
/// beside what the other families' facts hold of the programs in them.
let deployFacts: [FactGroup] = [
  FactGroup(
    subject: .app, source: "Compose specification; Kubernetes API; systemd.service(5)",
    collect: "docker compose config",
    [
      .init("app.has_memory_limit", .flag, "The container or unit has a limit of memory."),
      .init("app.restart_unstated", .flag, "Nothing says whether the container is restarted."),
      .init("app.stop_grace", .seconds, "Time from the stop signal to SIGKILL."),
      .init(
        "app.healthcheck_asks_root", .flag,
        "A health check of the container asks for / instead of a path made for it."),
      .init("app.image", .text, "Image that the container runs."),
      .init("app.sets_kernel", .text, "A kernel setting that a container cannot make its own."),
      .init("gunicorn.command", .text, "The command that starts gunicorn."),
      .init(
        "app.also_runs_celery", .flag, "One container or unit starts gunicorn and Celery together."
      ),
    ]),
  FactGroup(
    subject: .app, source: "Celery documentation, Configuration and defaults",
    collect: "celery -A APP report",
    [
      .init("app.celery.command", .text, "The command that starts a Celery worker."),
      .init("app.celery.concurrency", .count, "Processes of a Celery worker."),
      .init(
        "app.celery.max_tasks_per_child", .count,
        "Tasks after which a worker process is replaced; 0 is never."),
      .init("app.celery.broker", .text, "Kind of the broker: redis, amqp, sqs."),
      .init("app.celery.retries_forever", .flag, "A task is retried without end."),
      .init("app.celery.retries_at_once", .flag, "A task is retried without a pause."),
      .init("app.celery.task_time_limit", .seconds, "Time after which a task is killed."),
      .init("app.celery.prefetch_multiplier", .count, "Tasks that each process takes ahead."),
      .init("app.celery.longest_countdown", .seconds, "Longest delay that a task is sent with."),
    ]),
  FactGroup(
    subject: .app, source: "Django settings; Spring Boot application properties",
    collect: "cat settings.py application.yml",
    [
      .init("app.debug", .flag, "Django keeps every query for debugging (DEBUG)."),
      .init(
        "app.session.save_every_request", .flag, "Every request writes its session anew."),
      .init(
        "app.redis.has_timeout", .flag, "The Redis client gives up on a server that is silent."),
      .init(
        "app.session.never_expires", .flag,
        "Sessions have no end: a time-out of 0 or less, or switched off."),
      .init(
        "app.session.saves_unused", .flag,
        "A session is stored for every visitor, used or not (saveUninitialized of express-session)."
      ),
      .init(
        "app.session.in_cache_alone", .flag, "Sessions are kept in the cache and nowhere else."),
    ]),
  FactGroup(
    subject: .app, source: "nginx documentation, proxy and upstream modules", collect: "nginx -T",
    [
      .init(
        "app.proxy.read_timeout", .seconds,
        "Longest silence of the application that its proxy bears.", fold: .min),
      .init(
        "app.proxy.keepalive", .flag, "The proxy keeps idle connections to the application."),
      .init(
        "app.proxy.keepalive_timeout", .seconds,
        "Time that the proxy keeps an idle connection to the application."),
    ]),
  FactGroup(
    subject: .redis, source: "Compose specification; Kubernetes API; systemd.exec(5)",
    collect: "docker compose config",
    [
      .init("redis.service.memory_limit", .bytes, "Memory that the container or unit may use."),
      .init(
        "redis.service.has_memory_limit", .flag, "The container or unit has a limit of memory."),
      .init("redis.service.restart", .text, "When the manager restarts it; no is never."),
      .init(
        "redis.service.published", .text,
        "A port of the container that the host offers at every address."),
      .init(
        "redis.service.sets_kernel", .text, "A kernel setting that a container cannot make its own."
      ),
      .init(
        "redis.service.is_inside", .flag,
        "Only containers of its own networks reach it: no port of the host is its own."),
      .init(
        "redis.service.unused_config", .text,
        "A config that is mounted into the container, and that its command does not name."),
      .init("redis.service.has_volume", .flag, "The data folder is a named or mounted volume."),
      .init("redis.config.include", .text, "Another file that the config takes in."),
    ]),
  FactGroup(
    subject: .proxy, source: "nginx documentation; Prometheus and Consul configuration",
    collect: "nginx -T",
    [
      .init(
        "probe.target_asks_root", .flag,
        "A target of a blackbox probe of kind http has no path but /."),
      .init("probe.target_interval", .seconds, "Time between probes of a target."),
      .init("probe.check_asks_root", .flag, "A Consul check asks for /."),
      .init("probe.check_timeout", .seconds, "Time that a Consul check waits for an answer."),
      .init("probe.known_health_path", .text, "Path that another check of the same name asks."),
      .init(
        "nginx.config.error_log_off", .flag, "The error log goes nowhere."),
      .init(
        "nginx.config.retries_non_idempotent", .flag,
        "Requests that change something are sent again to the next upstream server."),
      .init(
        "nginx.config.keepalive_without_http11", .flag,
        "Connections to an upstream are to be kept, and the request says to close them."),
    ]),
  FactGroup(
    subject: .host, source: "kernel documentation, Transparent Hugepage Support",
    collect: "cat /sys/kernel/mm/transparent_hugepage/enabled",
    [.init("host.sets_thp", .text, "What a unit or script sets huge pages to.")]),
  FactGroup(
    subject: .instance, source: "Terraform AWS provider; CloudFormation AWS::EC2::Instance",
    collect: "terraform show",
    [
      .init("ec2.deploy.status_alarm", .flag, "An alarm watches the instance's status checks."),
      .init(
        "ec2.deploy.recovery_alarm", .flag, "An alarm recovers the instance from host failure."),
      .init("ec2.deploy.credit_alarm", .flag, "An alarm watches the CPU credits."),
      .init(
        "ec2.deploy.auto_recovery", .text, "Simplified automatic recovery.",
        values: ["default", "disabled"]),
      .init(
        "ec2.deploy.public_ip", .flag, "The instance is given a public address of the pool."),
      .init("ec2.deploy.root_volume_type", .text, "Type of the root volume."),
      .init(
        "ec2.deploy.instance_store", .text, "An instance-store volume that the template mounts."),
      .init(
        "ec2.deploy.root_delete_on_termination", .flag,
        "The root volume goes with the instance."),
    ]),
]
