// The page's files, built in by the compiler's #embed (C23, clang 19). It takes no time at all, where the same bytes
// as an array literal in Swift took nine seconds of each optimized build; and the compiler notes the files as
// dependencies, so that a change of one is built in again.
#include "CPage.h"

// The compiler takes it in every version of C, with a warning.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "../../public/index.html"
};
static const unsigned char style_css[] = {
#embed "../../public/style.css"
};
static const unsigned char panels_css[] = {
#embed "../../public/panels.css"
};
static const unsigned char theme_js[] = {
#embed "../../public/theme.js"
};
static const unsigned char app_js[] = {
#embed "../../public/app.js"
};
static const unsigned char api_js[] = {
#embed "../../public/api.js"
};
static const unsigned char dom_js[] = {
#embed "../../public/dom.js"
};
static const unsigned char figures_js[] = {
#embed "../../public/figures.js"
};
static const unsigned char series_js[] = {
#embed "../../public/series.js"
};
static const unsigned char chart_js[] = {
#embed "../../public/chart.js"
};
static const unsigned char trends_js[] = {
#embed "../../public/trends.js"
};
static const unsigned char card_js[] = {
#embed "../../public/card.js"
};
static const unsigned char log_js[] = {
#embed "../../public/log.js"
};
static const unsigned char undo_js[] = {
#embed "../../public/undo.js"
};
static const unsigned char form_js[] = {
#embed "../../public/form.js"
};
static const unsigned char sockets_js[] = {
#embed "../../public/sockets.js"
};
static const unsigned char split_js[] = {
#embed "../../public/split.js"
};
static const unsigned char advice_js[] = {
#embed "../../public/advice.js"
};
static const unsigned char settings_js[] = {
#embed "../../public/settings.js"
};
static const unsigned char add_js[] = {
#embed "../../public/add.js"
};
static const unsigned char routes_js[] = {
#embed "../../public/routes.js"
};
static const unsigned char config_js[] = {
#embed "../../public/config.js"
};
static const unsigned char token_js[] = {
#embed "../../public/token.js"
};
static const unsigned char openapi_json[] = {
#embed "../../public/openapi.json"
};
static const unsigned char grafana_dashboard_json[] = {
#embed "../../public/grafana-dashboard.json"
};
static const unsigned char prometheus_rules_yml[] = {
#embed "../../public/prometheus-rules.yml"
};

static const sluice_page_file files[] = {
    {"index.html", index_html, sizeof index_html},
    {"style.css", style_css, sizeof style_css},
    {"panels.css", panels_css, sizeof panels_css},
    {"theme.js", theme_js, sizeof theme_js},
    {"app.js", app_js, sizeof app_js},
    {"api.js", api_js, sizeof api_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"figures.js", figures_js, sizeof figures_js},
    {"series.js", series_js, sizeof series_js},
    {"chart.js", chart_js, sizeof chart_js},
    {"trends.js", trends_js, sizeof trends_js},
    {"card.js", card_js, sizeof card_js},
    {"log.js", log_js, sizeof log_js},
    {"undo.js", undo_js, sizeof undo_js},
    {"form.js", form_js, sizeof form_js},
    {"sockets.js", sockets_js, sizeof sockets_js},
    {"split.js", split_js, sizeof split_js},
    {"advice.js", advice_js, sizeof advice_js},
    {"settings.js", settings_js, sizeof settings_js},
    {"add.js", add_js, sizeof add_js},
    {"routes.js", routes_js, sizeof routes_js},
    {"config.js", config_js, sizeof config_js},
    {"token.js", token_js, sizeof token_js},
    {"openapi.json", openapi_json, sizeof openapi_json},
};

const sluice_page_file *sluice_page_file_at(size_t index) {
    return index < sizeof files / sizeof files[0] ? &files[index] : NULL;
}

// What the command line prints and the admin server does not serve.
static const sluice_page_file exports[] = {
    {"grafana-dashboard.json", grafana_dashboard_json, sizeof grafana_dashboard_json},
    {"prometheus-rules.yml", prometheus_rules_yml, sizeof prometheus_rules_yml},
    {"openapi.json", openapi_json, sizeof openapi_json},
};

const sluice_page_file *sluice_export_file_at(size_t index) {
    return index < sizeof exports / sizeof exports[0] ? &exports[index] : NULL;
}
