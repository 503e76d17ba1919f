using System.CommandLine;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
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
        var media = MediaOptions();
        var prompt = new Option<string>("--prompt", "-p") { Description = "What to ask; a stage-1 run needs no words.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var chat = new Option<bool>("--chat") { Description = "Keep asking on the terminal; an empty line ends it." };
        var length = new Option<int>("--max-tokens") { Description = "The longest answer, in tokens.", HelpName = "N", DefaultValueFactory = _ => 128 };
        var temperature = new Option<double>("--temperature") { Description = "Draw tokens at this temperature; 0 takes the likeliest each time.", HelpName = "T" };
        var seed = new Option<long?>("--seed") { Description = "Seeds the draws and the media's noise; the same seed gives the same text and media.", HelpName = "N" };
        var steps = new Option<int?>("--steps") { Description = "Steps in which a medium is made; without it as the run's configuration says.", HelpName = "N" };
        var guidance = new Option<double?>("--guidance") { Description = "How strongly a medium is guided by its condition; 1 is not at all. Without it as the run's configuration says.", HelpName = "SCALE" };
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
        };
        foreach (var option in (Option[])[.. media.Select(each => each.File), prompt, chat, length, temperature, seed, steps, guidance, folder]) command.Add(option);
        command.Validators.Add(result =>
        {
            if (media.All(each => result.GetValue(each.File) is null) && !result.GetValue(chat) && result.GetValue(prompt) is null or "")
                result.AddError("Give --image, --audio, --video, --points or --imu, --prompt, or --chat.");
            if (result.GetValue(seed) < 0) result.AddError("--seed must be at least 0.");
            if (result.GetValue(steps) < 1) result.AddError("--steps must be at least 1.");
            if (result.GetValue(guidance) < 0) result.AddError("--guidance must be at least 0.");
        });
        command.SetAction(parsed =>
        {
            var options = new GenerationOptions { MaxNewTokens = parsed.GetValue(length), Temperature = parsed.GetValue(temperature), Seed = (ulong)(parsed.GetValue(seed) ?? 0) };
            var sampling = new SamplingOptions { Steps = parsed.GetValue(steps), GuidanceScale = parsed.GetValue(guidance), Seed = parsed.GetValue(seed) };
            AttachedMedium[] attached = [.. media.SelectMany(each => Read(each.Modality, parsed.GetValue(each.File)))];
            using var session = Open(parsed.GetRequiredValue(run));
            var console = new Conversation(session, options, sampling, Console.In, parsed.InvocationConfiguration.Output, parsed.GetRequiredValue(folder).ToString());
            if (parsed.GetValue(chat)) console.Chat(parsed.GetValue(prompt)!, attached);
            else console.Answer(parsed.GetValue(prompt)!, attached);
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static (string Modality, Option<FileInfo?> File)[] MediaOptions() =>
    [
        ("image", new Option<FileInfo?>("--image", "-i") { Description = "The picture to ask about (JPEG, PNG, WebP).", HelpName = "FILE" }),
        ("audio", new Option<FileInfo?>("--audio", "-a") { Description = "The recording to ask about (WAV; other formats where ffmpeg is installed).", HelpName = "FILE" }),
        ("video", new Option<FileInfo?>("--video") { Description = "The film to ask about (where ffmpeg is installed).", HelpName = "FILE" }),
        ("points", new Option<FileInfo?>("--points") { Description = "The cloud of points to ask about (.npy, .ply).", HelpName = "FILE" }),
        ("imu", new Option<FileInfo?>("--imu") { Description = "The recording of motion to ask about (.npy, or six columns of text).", HelpName = "FILE" }),
    ];

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
