-- The words of messages_fts in their order, with each place that has one. It is a view of that table's own index and
-- keeps nothing: a search asks it whether many words begin with some letters.

create virtual table messages_words using fts5vocab (messages_fts, 'instance');
