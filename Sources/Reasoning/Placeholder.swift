let placeholderReasoning = 0
