"""A new bounded context, written from ``template/``: a whole service, in words that are replaced by the new one's."""
