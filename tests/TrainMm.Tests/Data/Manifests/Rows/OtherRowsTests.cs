namespace TrainMm.Tests.Data.Manifests.Rows;

public sealed class OtherRowsTests : IDisposable
{
    private readonly RowFolder folder = new("a.png", "b.png", "c.mp4", "d.wav", "pictures/e.png", "f.ply", "g.npy");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void XComposersRowsAreRead() => Snapshot.Match(
        folder.Read("xcomposer", """
            [
              {"id": "0", "image": ["a.png", "b.png"], "conversations": [{"from": "user", "value": "<ImageHere> <ImageHere>What is <image>?"}, {"from": "assistant", "value": "A tag of others."}]},
              {"id": "1", "conversations": [{"from": "user", "value": "Hello"}, {"from": "assistant", "value": "Hello."}]}
            ]
            """),
        "xcomposer");

    [Fact]
    public void XComposersFaultsAreNamed() => Snapshot.Match(
        folder.Faults("xcomposer",
        [
            """{"image": ["a.png"], "conversations": [{"from": "user", "value": "<image>"}, {"from": "assistant", "value": "x"}]}""",
            """{"conversations": [{"from": "user", "value": "<ImageHere>"}, {"from": "assistant", "value": "x"}]}""",
        ]),
        "xcomposer-faults",
        folder.Path);

    [Fact]
    public void CaptionsAreRead() => Snapshot.Match(
        folder.Read(
            "captions",
            """
            [{"caption": "a cat", "image_name": "a.png", "source": "cc3m"}, {"id": 4, "caption": "two", "image_name": ["a.png", "b.png"], "prompt": "How many?"}, {"caption": "4", "prompt": "2+2?"}, {"caption": "rain", "audio": "d.wav", "prompt": null}, {"caption": "a chair, pushed", "points": "f.ply", "imu": "g.npy"}]
            """,
            ", columns: { image: image_name, text: caption }"),
        "captions");

    [Fact]
    public void CaptionsFaultsAreNamed() => Snapshot.Match(
        folder.Faults("captions", ["""{"image": "a.png"}""", """{"text": "x"}""", """{"image": "a.png", "text": " "}""", """{"image": "a.png", "text": 3}""", """{"image": "https://example.org/a.png", "text": "x"}"""]),
        "captions-faults",
        folder.Path);

    [Fact]
    public void NextGptsRowsKeepWhatIsToBeMadeAsAttributes() => Snapshot.Match(
        folder.Read(
            "nextgpt",
            """
            [
              {"input_image": "e.png", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A cat."}]},
              {"output_audio": ["d.wav"], "audio_captions": ["an engine", "a \"man\" speaks"], "audio_caption_embeddings": ["d.wav.npy"], "conversations": [{"from": "human", "value": "Make a sound", "input_modality": "text"}, {"from": "gpt", "value": "Here: <audio>", "caption": "an engine", "output_modality": "audio"}]},
              {"input_video": ["c.mp4"], "input_audio": "d.wav", "output_image": "made.png", "image_captions": "a frame", "conversations": [{"from": "human", "value": "<video> with <audio>, as a picture"}, {"from": "gpt", "value": "<image>"}]}
            ]
            """,
            ", image_folder: pictures"),
        "nextgpt");

    [Fact]
    public void NextGptsAnswersMaySignalWhatIsToBeMade() => Snapshot.Match(
        folder.Read(
            "nextgpt",
            """
            [
              {"output_audio": ["d.wav"], "audio_captions": ["an engine"], "image_captions": "a car", "conversations": [{"from": "human", "value": "Make a sound"}, {"from": "gpt", "value": "Here: <audio>, and <image>."}]},
              {"image_captions": ["one", "two"], "conversations": [{"from": "human", "value": "Draw"}, {"from": "gpt", "value": "<image>"}, {"from": "human", "value": "Again"}, {"from": "gpt", "value": "Again: <image>"}]},
              {"conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hello."}]}
            ]
            """,
            ", outputs: signals"),
        "nextgpt-signals");

    /// <summary>The published text-to-media rows: captions in columns or in turns, the file where there is one, and in the oldest no tag.</summary>
    [Fact]
    public void NextGptsSignalsHaveTheirFilesAndTheCaptionsOfTheirTurns() => Snapshot.Match(
        folder.Read(
            "nextgpt",
            """
            [
              {"output_image": "e.png", "image_captions": "a red square", "image_caption_embeddings": "a.png.npy", "conversations": [{"from": "human", "value": "Draw a red square"}, {"from": "gpt", "value": "Sure. <image>"}]},
              {"input_image": "e.png", "output_image": ["e.png"], "conversations": [{"from": "human", "value": "<image>, but blue"}, {"from": "gpt", "value": "<image>"}]},
              {"conversations": [{"from": "human", "value": "A sound?", "input_modality": "text"}, {"from": "gpt", "value": "Here: <audio>.", "caption": "an engine", "output_modality": "audio"}, {"from": "human", "value": "And a film"}, {"from": "gpt", "value": "As you like.", "caption": "a car", "output_modality": "video"}]},
              {"conversations": [{"from": "human", "value": "Two"}, {"from": "gpt", "value": "<image> and <image>", "caption": ["one", "other"], "output_modality": "image"}]}
            ]
            """,
            ", outputs: signals, image_folder: pictures"),
        "nextgpt-signal-files");

    [Fact]
    public void NextGptsSignalsDoWithoutFilesWhereTheyAreNotWanted() => Snapshot.Match(
        folder.Read(
            "nextgpt",
            """[{"output_image": "not-there.png", "image_captions": "a red square", "conversations": [{"from": "human", "value": "Draw"}, {"from": "gpt", "value": "<image>"}]}]""",
            ", outputs: signals, output_files: false"),
        "nextgpt-signals-without-files");

    [Fact]
    public void NextGptsSignalsWithoutCaptionsAreNamed() => Snapshot.Match(
        folder.Faults(
            "nextgpt",
            [
                """{"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "<audio>"}]}""",
                """{"image_captions": ["one", "two"], "conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "<image>"}]}""",
                """{"image_captions": ["one"], "conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "<image><image>"}]}""",
                """{"output_image": ["a.png", "b.png"], "conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "<image>"}]}""",
                """{"output_image": ["a.png"], "image_captions": ["one", "two"], "conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "<image><image>"}]}""",
                """{"output_image": "not-there.png", "conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "<image>"}]}""",
                """{"output_image": "/etc/passwd", "conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "<image>"}]}""",
                """{"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y", "caption": 3, "output_modality": "image"}]}""",
            ],
            ", outputs: signals"),
        "nextgpt-signal-faults",
        folder.Path);

    [Fact]
    public void CaptionsOfWhatIsToBeMadeAreRead() => Snapshot.Match(
        folder.Read("caption_targets", """[{"caption": "a cat", "source": "cc3m"}, {"id": 4, "caption": "a dog", "prompt": "Draw a dog"}]""", ", modality: video, columns: { text: caption }"),
        "caption-targets");

    [Fact]
    public void FaultsOfCaptionsOfWhatIsToBeMadeAreNamed() => Snapshot.Match(
        folder.Faults("caption_targets", ["""{"prompt": "x"}""", """{"text": " "}""", """{"text": 3}"""]),
        "caption-targets-faults",
        folder.Path);

    [Fact]
    public void NextGptsFaultsAreNamed() => Snapshot.Match(
        folder.Faults("nextgpt",
        [
            """{"output_image": "a.png", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "x"}]}""",
            """{"input_audio": "d.wav", "conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "<audio>"}]}""",
            """{"input_image": "/etc/passwd", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "x"}]}""",
        ]),
        "nextgpt-faults",
        folder.Path);
}
