using System.CommandLine;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm generate</c>: one answer, or a conversation.</summary>
public static class GenerateCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create()
    {
        var run = CommonOptions.Run();
        var image = new Option<FileInfo?>("--image", "-i") { Description = "The picture to ask about (JPEG, PNG, WebP).", HelpName = "FILE" };
        var audio = new Option<FileInfo?>("--audio", "-a") { Description = "The recording to ask about (WAV; other formats where ffmpeg is installed).", HelpName = "FILE" };
        var video = new Option<FileInfo?>("--video") { Description = "The film to ask about (where ffmpeg is installed).", HelpName = "FILE" };
        var points = new Option<FileInfo?>("--points") { Description = "The cloud of points to ask about (.npy, .ply).", HelpName = "FILE" };
        var imu = new Option<FileInfo?>("--imu") { Description = "The recording of motion to ask about (.npy, or six columns of text).", HelpName = "FILE" };
        var prompt = new Option<string>("--prompt", "-p") { Description = "What to ask; a stage-1 run needs no words.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var chat = new Option<bool>("--chat") { Description = "Keep asking on the terminal; an empty line ends it." };
        var length = new Option<int>("--max-tokens") { Description = "The longest answer, in tokens.", HelpName = "N", DefaultValueFactory = _ => 128 };
        var temperature = new Option<double>("--temperature") { Description = "Draw tokens at this temperature; 0 takes the likeliest each time.", HelpName = "T" };
        var seed = new Option<ulong>("--seed") { Description = "Seeds the draws; the same seed gives the same text.", HelpName = "N" };
        var folder = new Option<DirectoryInfo>("--out") { Description = "Where media that answers make are written: PNG, MP4 (where ffmpeg is installed), WAV.", HelpName = "FOLDER", DefaultValueFactory = _ => new DirectoryInfo(".") };
        var command = new DocumentedCommand(
            "generate",
            "Answers a question about a picture, a recording, a film, points or motion with a trained run.",
            new Example("One answer", "trainmm generate --run runs/demo/sft --image drawing.png --prompt \"What is this?\""),
            new Example("A conversation about one picture", "trainmm generate --run runs/demo/sft --image drawing.png --chat"),
            new Example("What is said in a recording", "trainmm generate --run runs/demo-audio/pretrain --audio word.wav"),
            new Example("A caption from the first stage's run", "trainmm generate --run runs/demo/pretrain --image drawing.png"))
        {
            run,
            image,
            audio,
            video,
            points,
            imu,
            prompt,
            chat,
            length,
            temperature,
            seed,
            folder,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(image) is null && result.GetValue(audio) is null && result.GetValue(video) is null && result.GetValue(points) is null && result.GetValue(imu) is null && !result.GetValue(chat) && result.GetValue(prompt) is null or "")
                result.AddError("Give --image, --audio, --video, --points or --imu, --prompt, or --chat.");
        });
        command.SetAction(parsed =>
        {
            var options = new GenerationOptions { MaxNewTokens = parsed.GetValue(length), Temperature = parsed.GetValue(temperature), Seed = parsed.GetValue(seed) };
            AttachedMedium[] media =
            [
                .. Read("image", parsed.GetValue(image)), .. Read("audio", parsed.GetValue(audio)), .. Read("video", parsed.GetValue(video)),
                .. Read("points", parsed.GetValue(points)), .. Read("imu", parsed.GetValue(imu)),
            ];
            using var session = Open(parsed.GetRequiredValue(run));
            var console = new Conversation(session, options, Console.In, parsed.InvocationConfiguration.Output, parsed.GetRequiredValue(folder).ToString());
            if (parsed.GetValue(chat)) console.Chat(parsed.GetValue(prompt)!, media);
            else console.Answer(parsed.GetValue(prompt)!, media);
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static AttachedMedium[] Read(string modality, FileInfo? file) => file switch
    {
        null => [],
        { Exists: true } => [new AttachedMedium(modality, File.ReadAllBytes(file.FullName))],
        _ => throw new DataException("the file does not exist", file.ToString()),
    };

    private static GenerationSession Open(DirectoryInfo run)
    {
        var directory = new RunDirectory(run.ToString());
        return GenerationSession.Open(ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(directory.Config)), directory.Root);
    }
}
