"""Apache Kafka as a child process: its jars, its JVM, its folder, its life and its end."""
