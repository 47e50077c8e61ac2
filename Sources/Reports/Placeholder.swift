let placeholderReports = 0
