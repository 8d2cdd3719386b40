// The simulator refuses to load outside development: import this before it.
process.env.DOORMAN_PROFILE = 'development';
