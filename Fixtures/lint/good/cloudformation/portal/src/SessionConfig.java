package com.example.portal;

@Configuration
// maxInactiveIntervalInSeconds = 60 was too short
@EnableRedisHttpSession(maxInactiveIntervalInSeconds = 60 * 30)
public class SessionConfig {}
