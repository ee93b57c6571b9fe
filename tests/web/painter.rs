//! What is drawn on a canvas does not depend on what was drawn before.

use ackscope::scene::{Anchor, Area, Dash, Icon, Packet, PacketStyle, Point, Role, Segment, Shape};
use ackscope::ui::{dom, painter::Painter};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

const SIZE: (u32, u32) = (400, 80);

/// One shape of each kind, side by side.
fn shapes() -> Vec<Shape> {
    let plain = Packet {
        at: Point { x: 0.0, y: 40.0 },
        w: 24.0,
        h: 30.0,
        label: "7".into(),
        style: PacketStyle::Solid,
        only_here: false,
        doubled: false,
        stripes: 0,
        opacity: 1.0,
    };
    let kinds = [
        plain.clone(),
        Packet { w: 40.0, label: "2·17".into(), stripes: 2, ..plain.clone() },
        Packet { style: PacketStyle::Outlined, ..plain.clone() },
        Packet { style: PacketStyle::Gone, opacity: 0.5, ..plain.clone() },
        Packet { only_here: true, ..plain.clone() },
        Packet { doubled: true, label: String::new(), ..plain.clone() },
        plain,
    ];
    let places = (0..).map(|n| Point { x: 30.0 + 50.0 * n as f32, y: 40.0 });
    let packets = places.zip(kinds).map(|(at, packet)| Shape::Packet(Packet { at, ..packet }));
    let text = |x: f32, size, weight, anchor, mono, opacity| {
        let (at, text) = (Point { x, y: 70.0 }, "acks".to_owned());
        Shape::Text { at, text, size, weight, anchor, role: Role::Ink, mono, opacity }
    };
    let line = |y: f32, dash| Shape::Path {
        segments: vec![Segment::Move(Point { x: 5.0, y }), Segment::Line(Point { x: 390.0, y })],
        fill: None,
        stroke: Some(Role::Blue),
        width: 2.0,
        dash,
        opacity: 0.7,
    };
    let icon =
        |x, size, icon| Shape::Icon { at: Point { x, y: 12.0 }, size, icon, role: Role::Alarm, opacity: 0.9 };
    let area = Area { x: 350.0, y: 30.0, w: 30.0, h: 20.0 };
    let card = |dash| Shape::Rect {
        area,
        radius: 4.0,
        fill: Some(Role::CardBlue),
        stroke: Some(Role::Ink),
        width: 1.2,
        dash,
    };
    let dot = Shape::Circle {
        at: Point { x: 300.0, y: 12.0 },
        r: 5.0,
        fill: Some(Role::Green),
        stroke: None,
        width: 0.0,
        opacity: 0.5,
    };
    let others = [
        text(10.0, 11.5, 600, Anchor::Start, false, 1.0),
        text(200.0, 12.0, 400, Anchor::Middle, true, 0.5),
        text(380.0, 11.0, 400, Anchor::End, false, 1.0),
        line(4.0, Dash::Dots),
        line(8.0, Dash::None),
        icon(100.0, 16.0, Icon::Crown),
        icon(130.0, 13.0, Icon::Pause),
        card(Dash::Long),
        card(Dash::None),
        dot,
    ];
    packets.chain(others).collect()
}

/// A painter with the page's colours.
fn new_painter() -> (HtmlCanvasElement, Painter) {
    let document = dom::document();
    let style = document.create_element("style").unwrap();
    style.set_text_content(Some(include_str!("../../static/style.css")));
    document.head().unwrap().append_child(&style).unwrap();
    let canvas: HtmlCanvasElement = document.create_element("canvas").unwrap().unchecked_into();
    let painter = Painter::new(canvas.clone()).expect("a browser draws");
    style.remove();
    (canvas, painter)
}

/// What a painter that has drawn nothing else leaves on its canvas.
fn painted(shapes: &[Shape]) -> Vec<u8> {
    let (canvas, mut painter) = new_painter();
    painter.draw_ground(SIZE.0, SIZE.1, &[]);
    painter.draw_frame(shapes);
    pixels(&canvas)
}

fn pixels(canvas: &HtmlCanvasElement) -> Vec<u8> {
    let context: CanvasRenderingContext2d = canvas.get_context("2d").unwrap().unwrap().unchecked_into();
    context.get_image_data(0.0, 0.0, SIZE.0.into(), SIZE.1.into()).unwrap().data().0
}

/// What a context was told is not told again, so each shape is drawn behind all others, and alone.
#[wasm_bindgen_test]
fn a_shape_looks_the_same_whatever_was_drawn_before() {
    let (canvas, mut painter) = new_painter();
    painter.draw_ground(100, 50, &shapes());
    painter.draw_frame(&shapes());
    for shape in shapes() {
        painter.draw_ground(SIZE.0, SIZE.1, &[]);
        painter.draw_frame(&shapes());
        painter.draw_frame(std::slice::from_ref(&shape));
        let alone = painted(std::slice::from_ref(&shape));
        assert!(alone.iter().any(|value| *value > 0), "{shape:?} can be seen");
        assert!(pixels(&canvas) == alone, "{shape:?}");
    }
    let all = painted(&shapes());
    assert!(all.chunks_exact(4).any(|pixel| pixel[0] > 100 && pixel[1] < 60), "in colour");
}
