package com.example.portal;

@Configuration
// maxInactiveIntervalInSeconds = 60 was too short
@EnableRedisHttpSession(maxInactiveIntervalInSeconds = 2147483647)
public class SessionConfig {}
