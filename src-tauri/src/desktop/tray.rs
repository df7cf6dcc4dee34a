//! Draws the menu: built once, then only what differs is touched. A tray's menu cannot be replaced on
//! Linux, and panels flicker when lines come and go.

use std::sync::{Mutex, PoisonError};

use tauri::image::Image;
use tauri::menu::{
    CheckMenuItem, IsMenuItem, Menu as Root, MenuEvent, MenuItem, PredefinedMenuItem, Submenu,
};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager as _, Wry, include_image};

use super::perform::perform;
use crate::menu::{APP_NAME, Entry, Icon, Item, Menu};

/// The tray and what was drawn into it.
struct Tray {
    icon: TrayIcon,
    root: Root<Wry>,
    lines: Vec<Line>,
    drawn: Menu,
}

/// A line as it was drawn.
enum Line {
    Separator(PredefinedMenuItem<Wry>),
    Plain(Item, MenuItem<Wry>),
    Check(Item, CheckMenuItem<Wry>),
    Submenu(String, Submenu<Wry>, Vec<Line>),
}

/// Puts an empty tray up; it is filled by the first [`draw`].
pub(super) fn build(app: &AppHandle) -> tauri::Result<()> {
    let root = Root::new(app)?;
    let drawn = Menu { icon: Icon::Stopped, tooltip: APP_NAME.to_owned(), entries: Vec::new() };
    let icon = TrayIconBuilder::with_id("main")
        .icon(image(drawn.icon))
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip(&drawn.tooltip)
        .menu(&root)
        .on_menu_event(clicked)
        .build(app)?;
    app.manage(Mutex::new(Tray { icon, root, lines: Vec::new(), drawn }));
    Ok(())
}

/// Makes the tray show this.
pub(super) fn draw(app: &AppHandle, menu: Menu) -> tauri::Result<()> {
    let handle = app.clone();
    app.run_on_main_thread(move || {
        let state = handle.state::<Mutex<Tray>>();
        let mut tray = state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = tray.show(&handle, menu) {
            tracing::error!(%error, "the tray cannot be drawn");
        }
    })
}

/// A click ticks or unticks a line whether or not it has done anything: the next drawing sets that right.
fn clicked(app: &AppHandle, event: MenuEvent) {
    let action = {
        let state = app.state::<Mutex<Tray>>();
        let mut tray = state.lock().unwrap_or_else(PoisonError::into_inner);
        for line in &mut tray.lines {
            if let Line::Check(item, _) = line
                && item.id == event.id().as_ref()
            {
                item.checked = item.checked.map(|on| !on);
            }
        }
        tray.drawn.action(event.id().as_ref()).cloned()
    };
    if let Some(action) = action {
        perform(app, &action);
    }
}

impl Tray {
    fn show(&mut self, app: &AppHandle, menu: Menu) -> tauri::Result<()> {
        if menu.icon != self.drawn.icon {
            self.icon.set_icon_with_as_template(Some(image(menu.icon)), cfg!(target_os = "macos"))?;
        }
        if menu.tooltip != self.drawn.tooltip {
            self.icon.set_tooltip(Some(&menu.tooltip))?;
        }
        redraw(app, &Holder::Root(&self.root), &mut self.lines, &menu.entries)?;
        self.drawn = menu;
        Ok(())
    }
}

fn image(icon: Icon) -> Image<'static> {
    match icon {
        Icon::Running => include_image!("icons/tray/running.png"),
        Icon::Paused => include_image!("icons/tray/paused.png"),
        Icon::Stopped => include_image!("icons/tray/stopped.png"),
        Icon::Error => include_image!("icons/tray/error.png"),
    }
}

/// What holds lines.
enum Holder<'h> {
    Root(&'h Root<Wry>),
    Submenu(&'h Submenu<Wry>),
}

impl Holder<'_> {
    fn append(&self, line: &Line) -> tauri::Result<()> {
        match self {
            Self::Root(root) => root.append(line.widget()),
            Self::Submenu(submenu) => submenu.append(line.widget()),
        }
    }

    fn remove(&self, line: &Line) -> tauri::Result<()> {
        match self {
            Self::Root(root) => root.remove(line.widget()),
            Self::Submenu(submenu) => submenu.remove(line.widget()),
        }
    }
}

/// Changes the lines that are of the same make, down to the first that is not; the rest is made anew.
fn redraw(
    app: &AppHandle,
    holder: &Holder<'_>,
    lines: &mut Vec<Line>,
    entries: &[Entry],
) -> tauri::Result<()> {
    let same = lines.iter().zip(entries).take_while(|(line, entry)| line.has_make_of(entry)).count();
    for line in lines.drain(same..).rev() {
        holder.remove(&line)?;
    }
    for (line, entry) in lines.iter_mut().zip(entries) {
        line.update(app, entry)?;
    }
    for entry in &entries[same..] {
        let line = Line::make(app, entry)?;
        holder.append(&line)?;
        lines.push(line);
    }
    Ok(())
}

impl Line {
    fn make(app: &AppHandle, entry: &Entry) -> tauri::Result<Self> {
        Ok(match entry {
            Entry::Separator => Self::Separator(PredefinedMenuItem::separator(app)?),
            Entry::Item(item) => {
                let (id, text, enabled) = (item.id.as_str(), label(&item.text), item.action.is_some());
                match item.checked {
                    None => {
                        let widget = MenuItem::with_id(app, id, text, enabled, None::<&str>)?;
                        Self::Plain(item.clone(), widget)
                    }
                    Some(on) => {
                        let widget = CheckMenuItem::with_id(app, id, text, enabled, on, None::<&str>)?;
                        Self::Check(item.clone(), widget)
                    }
                }
            }
            Entry::Submenu { text, entries } => {
                let submenu = Submenu::new(app, label(text), true)?;
                let mut lines = Vec::new();
                redraw(app, &Holder::Submenu(&submenu), &mut lines, entries)?;
                Self::Submenu(text.clone(), submenu, lines)
            }
        })
    }

    /// Whether it becomes the entry by changing what it says.
    fn has_make_of(&self, entry: &Entry) -> bool {
        match (self, entry) {
            (Self::Separator(_), Entry::Separator) => true,
            (Self::Plain(drawn, _) | Self::Check(drawn, _), Entry::Item(item)) => {
                drawn.id == item.id && drawn.checked.is_some() == item.checked.is_some()
            }
            (Self::Submenu(drawn, ..), Entry::Submenu { text, .. }) => drawn == text,
            (Self::Separator(_) | Self::Plain(..) | Self::Check(..) | Self::Submenu(..), _) => false,
        }
    }

    fn update(&mut self, app: &AppHandle, entry: &Entry) -> tauri::Result<()> {
        match (self, entry) {
            (Self::Plain(drawn, widget), Entry::Item(item)) => {
                if drawn.text != item.text {
                    widget.set_text(label(&item.text))?;
                }
                if drawn.action.is_some() != item.action.is_some() {
                    widget.set_enabled(item.action.is_some())?;
                }
                drawn.clone_from(item);
            }
            (Self::Check(drawn, widget), Entry::Item(item)) => {
                if drawn.text != item.text {
                    widget.set_text(label(&item.text))?;
                }
                if drawn.action.is_some() != item.action.is_some() {
                    widget.set_enabled(item.action.is_some())?;
                }
                if drawn.checked != item.checked {
                    widget.set_checked(item.checked.unwrap_or(false))?;
                }
                drawn.clone_from(item);
            }
            (Self::Submenu(_, submenu, lines), Entry::Submenu { entries, .. }) => {
                redraw(app, &Holder::Submenu(submenu), lines, entries)?;
            }
            (Self::Separator(_) | Self::Plain(..) | Self::Check(..) | Self::Submenu(..), _) => {}
        }
        Ok(())
    }

    fn widget(&self) -> &dyn IsMenuItem<Wry> {
        match self {
            Self::Separator(widget) => widget,
            Self::Plain(_, widget) => widget,
            Self::Check(_, widget) => widget,
            Self::Submenu(_, widget, _) => widget,
        }
    }
}

/// A text as menus take it: `&` would mark the letter behind it as a shortcut.
fn label(text: &str) -> String {
    text.replace('&', "&&")
}
