from great_expectations.render.view import DefaultJinjaIndexPageView, DefaultJinjaPageView


class OfflinePageView(DefaultJinjaPageView):
    pass


class OfflineIndexView(DefaultJinjaIndexPageView):
    pass
