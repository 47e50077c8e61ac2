let placeholderCollectors = 0
